import { interval, map, Observable, of, throwError, concat } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Action, ActionScope, BaseHook, Hook, ModelHook, type HookScope } from 'nestjs-jira';
import { createTestApp, TestClient } from '../support/app.js';
import { CreateIssue, Issue, IssueView, Member, Project, seedTracker } from '../support/tracker.js';

let returned: () => void = () => undefined;
let produced = 0;

/** Opened by the test. */
const mayEnd = ((): { readonly promise: Promise<void>; open(): void } => {
  let open!: () => void;
  return { promise: new Promise<void>((resolve) => (open = resolve)), open: () => open() };
})();

@Hook('feed')
class FeedHook extends BaseHook {
  @Action()
  async *count() {
    for (let i = 1; i <= 3; i++) yield await Promise.resolve({ i });
    return 'done';
  }

  @Action()
  observable() {
    return concat(of(1, 2), of(3)).pipe(map((i) => ({ i })));
  }

  @Action()
  broken() {
    return concat(
      of(1),
      throwError(() => new Error('secret')),
    );
  }

  @Action()
  async *endless(scope: ActionScope) {
    try {
      for (;;) {
        yield 'tick';
        await new Promise((resolve) => setImmediate(resolve));
        if (scope.signal.aborted) return;
      }
    } finally {
      returned();
    }
  }

  @Action()
  ticking() {
    return new Observable((subscriber) => {
      const inner = interval(5).subscribe(subscriber);
      return () => {
        inner.unsubscribe();
        returned();
      };
    });
  }

  @Action()
  async *large() {
    const payload = 'x'.repeat(50_000);
    for (produced = 0; produced < 1_000; produced++) yield await Promise.resolve(payload);
  }

  @Action()
  flood() {
    return new Observable<number>((subscriber) => {
      for (let i = 0; i < 50; i++) subscriber.next(i);
      subscriber.complete();
    });
  }

  @Action()
  async *big() {
    yield await Promise.resolve({ n: 1n });
    return { n: 2n };
  }

  @Action()
  bigint() {
    return { n: 10n ** 20n };
  }

  @Action()
  circle() {
    const circle: Record<string, unknown> = {};
    return Object.assign(circle, { circle });
  }

  @Action({ methods: ['POST'] })
  accepted(scope: ActionScope) {
    scope.reply({ job: 7 }, { status: 202 });
  }

  @Action({ timeoutMs: 30 })
  async *slowToEnd() {
    yield 1;
    await mayEnd.promise;
    yield 2;
  }

  @Action({ timeoutMs: 30 })
  async hang() {
    await mayEnd.promise;
  }
}

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  output = IssueView;

  @Action({ methods: ['POST'], timeoutMs: 100 })
  async saveAndHang(scope: ActionScope) {
    await scope.manager.save(Issue, { title: 'never', projectId: 1 });
    await new Promise((_resolve, reject) => {
      scope.signal.addEventListener('abort', () => reject(scope.signal.reason as Error));
    });
  }

  @Action({ methods: ['POST'] })
  async *importAll(scope: HookScope) {
    for (const title of ['a', 'b']) yield await scope.manager.save(Issue, { title, projectId: 1 });
    throw new Error('the third is broken');
  }
}

const APP = { entities: [Project, Member, Issue], providers: [FeedHook, IssueHook] };

function items(client: TestClient, requestId: string): unknown[] {
  return client.frames.filter(({ frame }) => frame['requestId'] === requestId).map(({ frame }) => frame['data']);
}

describe('a stream', () => {
  it('sends its items as events with status 206, then answers with what the source returned', async () => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    const answer = await client.call('feed', 'count', 'GET', { requestId: 'c' });
    expect(answer).toEqual({ requestId: 'c', method: 'GET', action: 'count', status: 200, data: 'done' });
    expect(client.frames).toEqual(
      [1, 2, 3].map((i) => ({
        event: 'feed',
        frame: { requestId: 'c', method: 'GET', action: 'count', status: 206, data: { i } },
      })),
    );
  });

  it('may be an Observable; an error ends it with the one answer', async () => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    expect(await client.call('feed', 'observable', 'GET', { requestId: 'o' })).toMatchObject({
      status: 200,
      data: null,
    });
    expect(items(client, 'o')).toEqual([{ i: 1 }, { i: 2 }, { i: 3 }]);
    expect(await client.call('feed', 'broken', 'GET', { requestId: 'b' })).toMatchObject({
      status: 500,
      data: { code: 'INTERNAL' },
    });
    expect(items(client, 'b')).toEqual([1]);
  });

  it.each(['endless', 'ticking'])('%s ends on $cancel, and its source is told', async (action) => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    const told = new Promise<void>((resolve) => (returned = resolve));
    const answer = client.call('feed', action, 'GET', { requestId: 'e' });
    await client.until(() => items(client, 'e').length >= 3);
    expect(await client.call('feed', '$cancel', 'SUBSCRIPTION', { data: { target: 'e' } })).toMatchObject({
      status: 200,
    });
    expect(await answer).toMatchObject({ status: 409, data: { code: 'CANCELLED' } });
    await told;
  });

  it.each(['endless', 'ticking'])('%s ends with its connection', async (action) => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    const told = new Promise<void>((resolve) => (returned = resolve));
    client.socket.emit('feed', { requestId: 'e', method: 'GET', action });
    await client.until(() => items(client, 'e').length >= 3);
    client.close();
    await expect(told).resolves.toBeUndefined();
  });

  it('waits for a client that does not read', async () => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    // oxlint-disable no-underscore-dangle -- a client that does not read has no public way
    const raw = (client.socket.io.engine.transport as unknown as { ws: { _socket: import('node:net').Socket } }).ws;
    raw._socket.pause();
    const answer = client.call('feed', 'large', 'GET', { requestId: 'l' });
    // Whoever else is served meanwhile shows that the server goes on; the source stands still.
    const other = await app.connect(2);
    let before = -1;
    while (before !== produced) {
      before = produced;
      for (let i = 0; i < 20; i++) await other.call('feed', 'observable', 'GET');
    }
    expect(produced).toBeGreaterThan(0);
    expect(produced).toBeLessThan(500);
    raw._socket.resume();
    expect(await answer).toMatchObject({ status: 200 });
    expect(items(client, 'l')).toHaveLength(1_000);
  });

  it('of a source that cannot wait is bounded', async () => {
    await using app = await createTestApp({ ...APP, options: { limits: { streamItems: 20 } } });
    const client = await app.connect(1);
    expect(await client.call('feed', 'flood', 'GET', { requestId: 'f' })).toMatchObject({
      status: 503,
      data: { code: 'STREAM_OVERFLOW' },
    });
  });

  it("is collected into one answer for djira's clients, up to a bound", async () => {
    await using app = await createTestApp({ ...APP, options: { limits: { streamItems: 20 } } });
    const client = new TestClient(app.url, { token: 'user-1' });
    await client.connected();
    expect(await client.call('feed', 'count', 'GET')).toMatchObject({
      status: 200,
      data: [{ i: 1 }, { i: 2 }, { i: 3 }],
    });
    expect(await client.call('feed', 'large', 'GET')).toMatchObject({ data: { code: 'STREAM_OVERFLOW' } });
    expect(client.frames).toEqual([]);
    client.close();
  });

  it('may last longer than the time limit, which is for its beginning', async () => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    const answer = client.call('feed', 'slowToEnd', 'GET', { requestId: 's' });
    await client.until(() => items(client, 's').length === 1);
    // The time that the stream has, begun later, is over.
    expect(await client.call('feed', 'hang', 'GET')).toMatchObject({ data: { code: 'TIMEOUT' } });
    mayEnd.open();
    expect(await answer).toMatchObject({ status: 200 });
    expect(items(client, 's')).toEqual([1, 2]);
  });

  it('of a writing action is within its transaction', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const client = await app.connect(1);
    expect(await client.call('issues', 'importAll', 'POST', { requestId: 'i' })).toMatchObject({ status: 500 });
    expect(items(client, 'i')).toHaveLength(2);
    expect(await app.dataSource.manager.count(Issue)).toBe(0);
  });
});

describe('an action', () => {
  it('that is too slow is told by scope.signal, and its transaction rolls back', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const client = await app.connect(1);
    expect(await client.call('issues', 'saveAndHang', 'POST')).toMatchObject({
      status: 504,
      data: { code: 'TIMEOUT' },
    });
    expect(await client.call('issues', 'list', 'GET')).toMatchObject({ status: 200, data: { count: 0 } });
  });

  it('may answer by hand, with a status of its own', async () => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    expect(await client.call('feed', 'accepted', 'POST')).toMatchObject({ status: 202, data: { job: 7 } });
  });

  it('may return bigints, which are strings on the wire; what has no JSON is an answered error', async () => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    expect(await client.call('feed', 'bigint', 'GET')).toMatchObject({
      status: 200,
      data: { n: '100000000000000000000' },
    });
    expect(await client.call('feed', 'big', 'GET', { requestId: 'n' })).toMatchObject({
      status: 200,
      data: { n: '2' },
    });
    expect(items(client, 'n')).toEqual([{ n: '1' }]);
    const circle = await client.call('feed', 'circle', 'GET');
    expect(circle).toMatchObject({ status: 500, data: { code: 'INTERNAL' } });
  });
});
