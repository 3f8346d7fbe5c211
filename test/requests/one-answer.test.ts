import { describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { ToolHook, WITH_TOOLS } from '../support/tools.js';

describe('one request, one answer', () => {
  it('refuses everything that is not a marked action', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    for (const action of [
      'constructor',
      '__proto__',
      'helper',
      'answer',
      'toString',
      'hasOwnProperty',
      'onRegister',
      'checkObjectPermissions',
      'permissions',
    ]) {
      expect(await client.call('tools', action, 'GET')).toMatchObject({
        status: 404,
        action,
        data: { code: 'UNKNOWN_ACTION' },
      });
    }
    for (const action of ['getObject', 'getStore', 'save', 'performCreate', 'visibility', 'serialize', 'getQuery']) {
      expect(await client.call('issues', action, 'POST')).toMatchObject({
        status: 404,
        data: { code: 'UNKNOWN_ACTION' },
      });
    }
    expect(app.get(ToolHook).calls).toBe(0);
  });

  it('answers an unknown namespace, a wrong method, a thrown error, a timeout and nothing at all', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    expect(await client.call('nowhere', 'list', 'GET')).toMatchObject({
      status: 404,
      data: { code: 'UNKNOWN_NAMESPACE' },
    });
    expect(await client.call('tools', 'ping', 'DELETE')).toMatchObject({
      status: 405,
      data: { code: 'METHOD_NOT_ALLOWED' },
    });
    const failed = await client.call('tools', 'explode', 'GET', { requestId: 'boom' });
    expect(failed).toEqual({
      requestId: 'boom', method: 'GET', action: 'explode', status: 500,
      data: { code: 'INTERNAL', message: 'Server error (request boom).' },
    }); // prettier-ignore
    expect(await client.call('tools', 'hang', 'GET')).toMatchObject({ status: 504, data: { code: 'TIMEOUT' } });
    expect(await client.call('tools', 'nothing', 'GET')).toMatchObject({ status: 204, data: null });
    expect(await client.call('tools', 'ping', 'POST', { data: [1] })).toMatchObject({
      status: 200,
      data: { pong: [1], user: 1 },
    });
  });

  it('answers by an event of the namespace when there is no acknowledgement', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    client.socket.emit('tools', { requestId: 'quiet', method: 'GET', action: 'ping' });
    await client.until(() => client.frames.length > 0);
    expect(client.frames).toEqual([
      {
        event: 'tools',
        frame: { requestId: 'quiet', method: 'GET', action: 'ping', status: 200, data: { pong: null, user: 1 } },
      },
    ]);
  });

  it('answers a requestId in flight with DUPLICATE_REQUEST, and cancels the first on $cancel', async () => {
    await using app = await createTestApp({ ...WITH_TOOLS, options: { limits: { actionTimeoutMs: 5_000 } } });
    const client = await app.connect(1);
    const first = client.call('tools', 'hang', 'GET', { requestId: 'same' });
    expect(await client.call('tools', 'ping', 'GET', { requestId: 'same' })).toMatchObject({
      status: 409,
      data: { code: 'DUPLICATE_REQUEST' },
    });
    expect(await client.call('tools', '$cancel', 'SUBSCRIPTION', { data: { target: 'same' } })).toMatchObject({
      status: 200,
    });
    expect(await first).toMatchObject({ status: 409, data: { code: 'CANCELLED' } });
    expect(await client.call('tools', '$cancel', 'SUBSCRIPTION', { data: { target: 'same' } })).toMatchObject({
      status: 404,
    });
  });

  it('names what is wrong with each kind of malformed frame, and serves the next good one', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    const good = { requestId: 'x', method: 'GET', action: 'ping' };
    let deep: unknown = 1;
    for (let i = 0; i < 40; i++) deep = { deep };
    const malformed: [unknown, RegExp][] = [
      [undefined, /must be an object/],
      [null, /must be an object, not null/],
      ['text', /not a string/],
      [7, /not a number/],
      [true, /not a boolean/],
      [[good], /not an array/],
      [{}, /"requestId"/],
      [{ ...good, requestId: 7 }, /"requestId"/],
      [{ ...good, requestId: '' }, /"requestId"/],
      [{ ...good, requestId: 'x'.repeat(200) }, /"requestId"/],
      [{ ...good, method: undefined }, /"method"/],
      [{ ...good, method: 'get' }, /"method" must be one of GET/],
      [{ ...good, method: ['GET'] }, /"method"/],
      [{ ...good, action: undefined }, /"action"/],
      [{ ...good, action: { name: 'ping' } }, /"action"/],
      [{ ...good, action: 'p'.repeat(200) }, /"action"/],
      [{ ...good, query: 'status=open' }, /"query" must be an object/],
      [{ ...good, query: [1] }, /"query" must be an object/],
      [{ ...good, headers: 1 }, /"headers" must be an object/],
      [{ ...good, data: deep }, /nested deeper/],
      [{ ...good, data: Array.from({ length: 3_000 }, () => 0) }, /more than 2000 keys/],
      [{ ...good, data: JSON.parse('{"__proto__": {"isAdmin": true}}') }, /"__proto__" is not allowed/],
      [{ ...good, data: { constructor: 1 } }, /"constructor" is not allowed/],
      [{ ...good, data: Buffer.from('binary') }, /binary/],
    ];
    expect(malformed.length).toBeGreaterThanOrEqual(20);
    for (const [frame, reason] of malformed) {
      const answer = (await client.socket.timeout(5_000).emitWithAck('tools', frame)) as Record<string, unknown>;
      expect(answer).toMatchObject({
        status: 400,
        data: { code: 'MALFORMED_FRAME' },
      });
      expect((answer['data'] as { message: string }).message).toMatch(reason);
    }
    // Without an acknowledgement, one that carries its id is answered by an event, one without is not.
    client.socket.emit('tools', { ...good, method: 'get' });
    client.socket.emit('tools', { ...good, requestId: undefined });
    expect(await client.call('tools', 'ping', 'GET')).toMatchObject({ status: 200 });
    expect(client.frames.map(({ frame }) => frame['requestId'])).toEqual(['x']);
  });

  it('leaves other events to the gateways and listeners of the application', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    client.socket.emit('chat', 'hello');
    client.socket.emit('chat');
    expect(await client.call('tools', 'ping', 'GET')).toMatchObject({ status: 200 });
    expect(client.frames).toEqual([]);
  });
});
