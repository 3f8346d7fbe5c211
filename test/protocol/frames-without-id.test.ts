// What has no id is answered by its acknowledgement, under the empty id, or not at all: whatever it is.

import { describe, expect, it } from 'vitest';
import { EventHandlers, LifecycleEvents, OnMessage } from 'nestjs-jira';
import { parseAnswer } from 'nestjs-jira-protocol';
import { createTestApp } from '../support/app.js';
import { TRACKER } from '../support/tracker.js';

@EventHandlers()
class Handlers {
  @OnMessage('greet') greet() {
    return 'hello';
  }

  @OnMessage('fail') fail() {
    throw new Error('unplanned');
  }
}

const APP = { ...TRACKER, providers: [...TRACKER.providers, Handlers] };

describe('a frame without a readable id', () => {
  it.each([
    ['of a hook', 'issues', { method: 'GET', action: 'list' }, 400],
    ['of a hook, with an id that is none', 'issues', { requestId: 7, method: 'GET', action: 'list' }, 400],
    ['of a hook, with an empty id', 'issues', { requestId: '', method: 'GET', action: 'list' }, 400],
    ['that is no object', 'issues', 'nonsense', 400],
    ['that nobody handles', 'nobody', { any: 'thing' }, 400],
    ['of the connection', '$connection', {}, 400],
    ['of a handler', 'greet', {}, 200],
    ['of a handler that fails', 'fail', {}, 500],
    ['of a handler, with forbidden data', 'greet', JSON.parse('{ "__proto__": 1 }') as object, 400],
  ])('%s is answered under the empty id by its acknowledgement alone', async (_what, event, payload, status) => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    const answer: unknown = await client.socket.timeout(5_000).emitWithAck(event, payload);
    expect(answer).toMatchObject({ requestId: '', status });
    expect(parseAnswer(answer).ok).toBe(true);
    client.socket.emit(event, payload);
    await client.call('issues', 'list', 'GET', { requestId: 'last' });
    expect(client.frames).toEqual([]);
  });

  it('that comes too fast is put off the same way', async () => {
    await using app = await createTestApp({ ...APP, options: { limits: { requestsPerSecond: 1 } } });
    const client = await app.connect(1);
    const ask = (): Promise<unknown> => client.socket.timeout(5_000).emitWithAck('greet', {});
    const answers = await Promise.all(Array.from({ length: 8 }, ask));
    const refused = answers.filter((answer) => (answer as { status: number }).status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of answers) expect(answer).toMatchObject({ requestId: '' });
  });

  it('is counted, and told as a malformed frame', async () => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    const told = new Promise((resolve) => app.get(LifecycleEvents).on('jira.malformed_frame', resolve));
    client.socket.emit('issues', { method: 'GET', action: 'list' });
    expect(await told).toMatchObject({ reason: expect.stringContaining('"requestId"') });
  });
});
