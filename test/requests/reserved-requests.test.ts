import { describe, expect, it } from 'vitest';
import {
  Action,
  Authentication,
  BaseHook,
  Hook,
  LifecycleEvents,
  type Authenticated,
  type Handshake,
} from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { WITH_TOOLS } from '../support/tools.js';

/** Knows everybody at the handshake; never comes back when it is asked again. */
class AsksForever extends Authentication {
  private readonly seen = new Set<unknown>();

  authenticate({ auth }: Handshake): Promise<Authenticated> {
    const user = { id: auth['user'] };
    const isFirst = !this.seen.has(user.id);
    this.seen.add(user.id);
    return isFirst ? Promise.resolve({ user }) : new Promise(() => undefined);
  }
}

/** Its requests last until they are cancelled. */
@Hook('waiting')
class WaitingHook extends BaseHook {
  @Action()
  hang() {
    return new Promise(() => undefined);
  }
}

const WAITING = { ...WITH_TOOLS, providers: [...WITH_TOOLS.providers, WaitingHook] };
const SLOW_TO_RENEW = { ...WITH_TOOLS, options: { authentication: [AsksForever], limits: { actionTimeoutMs: 200 } } };

describe('requests that the protocol reserves', () => {
  it('are answered with a timeout when nothing answers them', async () => {
    await using app = await createTestApp(SLOW_TO_RENEW);
    const client = await app.connect(undefined, { user: 1 });
    const renewal = await client.call('$connection', '$authenticate', 'POST', { data: { user: 1 } });
    expect(renewal).toMatchObject({ action: '$authenticate', status: 504, data: { code: 'TIMEOUT' } });
  });

  it('are not among the requests in flight: who has reached the limit can still cancel', async () => {
    await using app = await createTestApp({ ...WAITING, options: { limits: { requestsInFlight: 1 } } });
    const client = await app.connect(1);
    const first = client.call('waiting', 'hang', 'GET', { requestId: 'only' });
    expect(await client.call('tools', 'ping', 'GET')).toMatchObject({ status: 429 });
    expect(await client.call('$connection', '$acknowledge', 'POST', { data: { ids: [] } })).toMatchObject({
      data: null,
    });
    expect(await client.call('waiting', '$cancel', 'SUBSCRIPTION', { data: { target: 'only' } })).toMatchObject({
      status: 200,
    });
    expect(await first).toMatchObject({ status: 409, data: { code: 'CANCELLED' } });
  });

  it('answer $cancel before the request that it ends', async () => {
    await using app = await createTestApp(WAITING);
    const client = await app.connect(1);
    client.socket.emit('waiting', { requestId: 'long', method: 'GET', action: 'hang' });
    const data = { target: 'long' };
    client.socket.emit('waiting', { requestId: 'end', method: 'SUBSCRIPTION', action: '$cancel', data });
    await client.until(() => client.frames.length === 2);
    expect(client.frames.map(({ frame }) => frame['requestId'])).toEqual(['end', 'long']);
  });

  it('do not show credentials to listeners of messages', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const heard: unknown[] = [];
    app.get(LifecycleEvents).on('jira.message', ({ payload }) => heard.push(payload));
    const client = await app.connect(1);
    const { token } = app.authOf(1);
    expect(await client.call('$connection', '$authenticate', 'POST', { data: { token } })).toMatchObject({
      status: 200,
    });
    await client.call('tools', 'ping', 'GET');
    expect(heard).toMatchObject([{ action: 'ping' }]);
    expect(JSON.stringify(heard)).not.toContain(token);
  });

  it.each([
    ['$connection', '$authenticate', 'GET', 405, 'METHOD_NOT_ALLOWED'],
    ['$connection', '$nothing', 'POST', 404, 'UNKNOWN_ACTION'],
    ['$connection', 'list', 'GET', 404, 'UNKNOWN_ACTION'],
    ['tools', '$authenticate', 'POST', 404, 'UNKNOWN_ACTION'],
    ['$nowhere', 'list', 'GET', 404, 'UNKNOWN_NAMESPACE'],
  ] as const)('refuse %s %s by %s', async (namespace, action, method, status, code) => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    expect(await client.call(namespace, action, method)).toMatchObject({ status, action, data: { code } });
  });
});
