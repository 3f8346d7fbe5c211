// What was given up costs its client until it has ended.

import { describe, expect, it } from 'vitest';
import { Action, ActionScope, Hook, Messages, ModelHook } from 'nestjs-jira';
import { MemoryMessageQueue } from 'nestjs-jira/ports';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { Issue, IssueView, seedTracker, TRACKER } from '../support/tracker.js';

@Hook('deaf')
class DeafHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  readonly waiting: (() => void)[] = [];

  /** Does not look at its signal. */
  @Action({ timeoutMs: 60_000 }) async wait(_scope: ActionScope) {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    return 'done';
  }

  @Action({ timeoutMs: 50 }) async late(scope: ActionScope) {
    return this.wait(scope);
  }

  release(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  @Action({ methods: ['POST'] }) async write({ manager }: ActionScope) {
    await manager.save(Issue, { title: 'written', projectId: 1 });
    return 'x'.repeat(2_000);
  }
}

const LIMIT = 3;
const start = (limits: object = {}, more: object = {}): Promise<TestApp> =>
  createTestApp({
    ...TRACKER,
    providers: [...TRACKER.providers, DeafHook],
    options: { limits: { requestsInFlight: LIMIT, ...limits }, ...more },
  });

const call = (client: TestClient, action: string, requestId?: string) =>
  client.call('deaf', action, 'GET', { ...(requestId !== undefined && { requestId }) });

const REFUSED = { status: 429, data: { code: 'TOO_MANY_REQUESTS' } };

describe('work that was given up counts as in flight until it has ended', () => {
  it('by its timeout', async () => {
    await using app = await start();
    const ada = await app.connect(1);
    for (let n = 0; n < LIMIT; n++) expect(await call(ada, 'late')).toMatchObject({ data: { code: 'TIMEOUT' } });
    expect(await call(ada, 'late')).toMatchObject(REFUSED);
    expect(await (await app.connect(2)).call('issues', 'list', 'GET')).toMatchObject({ status: 200 });
    app.get(DeafHook).release();
    await expect.poll(async () => (await ada.call('issues', 'list', 'GET')).status).toBe(200);
  });

  it('by $cancel', async () => {
    await using app = await start();
    const ada = await app.connect(1);
    for (let n = 0; n < LIMIT; n++) {
      const answer = call(ada, 'wait', `w${n}`);
      await expect.poll(() => app.get(DeafHook).waiting.length).toBe(n + 1);
      await ada.call('deaf', '$cancel', 'SUBSCRIPTION', { data: { target: `w${n}` } });
      expect(await answer).toMatchObject({ data: { code: 'CANCELLED' } });
    }
    expect(await call(ada, 'wait')).toMatchObject(REFUSED);
    app.get(DeafHook).release();
    await expect.poll(async () => (await ada.call('issues', 'list', 'GET')).status).toBe(200);
  });

  it('and no longer: what ends in time costs nothing afterwards', async () => {
    await using app = await start();
    const ada = await app.connect(1);
    for (let n = 0; n < LIMIT * 4; n++) expect(await ada.call('issues', 'list', 'GET')).toMatchObject({ status: 200 });
    for (let n = 0; n < LIMIT * 4; n++) expect(await call(ada, 'nothing')).toMatchObject({ status: 404 });
    const waiting = Array.from({ length: LIMIT }, () => call(ada, 'wait'));
    await expect.poll(() => app.get(DeafHook).waiting.length).toBe(LIMIT);
    app.get(DeafHook).release();
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ status: 200, data: 'done' });
    expect(await ada.call('issues', 'list', 'GET')).toMatchObject({ status: 200 });
  });
});

class StuckQueue extends MemoryMessageQueue {
  isStuck = false;
  readonly waiting: (() => void)[] = [];

  override async remove(...args: Parameters<MemoryMessageQueue['remove']>): Promise<void> {
    if (this.isStuck) await new Promise<void>((resolve) => this.waiting.push(resolve));
    await super.remove(...args);
  }
}

describe('$acknowledge', () => {
  it('counts as in flight, and is not held back by what else is', async () => {
    const messageQueue = new StuckQueue();
    await using app = await start({}, { messageQueue });
    const ada = await app.connect(1);
    for (let n = 0; n <= LIMIT; n++) await app.get(Messages).send(ada.socket.id ?? '', 'news', n, { id: `m${n}` });
    await ada.until(() => ada.frames.filter(({ event }) => event === '$message').length === LIMIT + 1);
    const acknowledge = (n: number) => ada.call('$connection', '$acknowledge', 'POST', { data: { ids: [`m${n}`] } });
    const busy = Array.from({ length: LIMIT }, () => call(ada, 'wait'));
    await expect.poll(() => app.get(DeafHook).waiting.length).toBe(LIMIT);
    expect(await acknowledge(LIMIT)).toMatchObject({ status: 200 });
    app.get(DeafHook).release();
    await Promise.all(busy);

    messageQueue.isStuck = true;
    const waiting = Array.from({ length: LIMIT }, (_, n) => acknowledge(n));
    await expect.poll(() => messageQueue.waiting.length).toBe(LIMIT);
    expect(await acknowledge(0)).toMatchObject(REFUSED);
    expect(await ada.call('issues', 'list', 'GET')).toMatchObject(REFUSED);
    messageQueue.isStuck = false;
    for (const resolve of messageQueue.waiting.splice(0)) resolve();
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ status: 200 });
    expect(await ada.call('issues', 'list', 'GET')).toMatchObject({ status: 200 });
  });
});

describe('an answer that is too large', () => {
  it('says of a write that it was carried out', async () => {
    await using app = await start({ answerBytes: 1_000 });
    await seedTracker(app);
    const ada = await app.connect(1);
    expect(await ada.call('deaf', 'write', 'POST')).toMatchObject({
      status: 413,
      data: {
        code: 'ANSWER_TOO_LARGE',
        message: 'The request was carried out. Its answer is too large; the limit is 1000 bytes.',
      },
    });
    expect(await app.dataSource.manager.count(Issue)).toBe(1);
  });
});
