// Interceptors around actions that stream: they see the Observable of the items.

import { Injectable, UseInterceptors, type CallHandler, type ExecutionContext, type NestInterceptor, type Type } from '@nestjs/common'; // prettier-ignore
import { AsyncLocalStorage } from 'node:async_hooks';
import { catchError, concat, delay, EMPTY, from, map, Observable, of, take, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Action, ActionScope, BaseHook, Hook, ModelHook, type HookScope } from 'nestjs-jira';
import { createTestApp, TestClient } from '../support/app.js';
import { CreateIssue, Issue, IssueView, Member, Project, seedTracker } from '../support/tracker.js';

/** Interceptors by what they do with what comes. */
function piping(through: (seen: Observable<unknown>) => Observable<unknown>): Type<NestInterceptor> {
  @Injectable()
  class Piping implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return through(next.handle());
    }
  }
  return Piping;
}

const Wrapping = piping((seen) => seen.pipe(map((item) => ({ wrapped: item }))));
const TakingTwo = piping((seen) => seen.pipe(take(2)));
const ThrowingAtTwo = piping((seen) => seen.pipe(tap((item) => { if (item === 2) throw new RangeError('two'); }))); // prettier-ignore
const Recovering = piping((seen) => seen.pipe(catchError(() => of('recovered'))));
const Delaying = piping((seen) => seen.pipe(delay(5)));
const Answering = piping(() => of('instead'));
const Nothing = piping(() => EMPTY);

const CONTEXT = new AsyncLocalStorage<string>();

@Injectable()
class WithContext implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return CONTEXT.run('inside', () => next.handle());
  }
}

let ended: string[] = [];
let produced = 0;

async function* numbers() {
  try {
    for (const i of [1, 2, 3]) yield await Promise.resolve(i);
    return 'done';
  } finally {
    ended.push('source');
  }
}

@Hook('feed')
class FeedHook extends BaseHook {
  @Action() @UseInterceptors(Wrapping) wrapped() {
    return numbers();
  }
  @Action() @UseInterceptors(Wrapping) observable() {
    return from([1, 2, 3]);
  }
  @Action() @UseInterceptors(TakingTwo) two() {
    return numbers();
  }
  @Action() @UseInterceptors(ThrowingAtTwo) throwing() {
    return numbers();
  }
  @Action() @UseInterceptors(Recovering) recovered() {
    return concat(of(1), throwError(() => new Error('secret'))); // prettier-ignore
  }
  @Action() @UseInterceptors(Delaying, Wrapping) delayed() {
    return numbers();
  }
  @Action() @UseInterceptors(Answering) answered() {
    return numbers();
  }
  @Action() @UseInterceptors(Nothing) nothing() {
    return numbers();
  }
  @Action() @UseInterceptors(Wrapping) async *none() {}
  @Action() @UseInterceptors(WithContext) async *inContext() {
    yield await Promise.resolve(CONTEXT.getStore());
  }
  @Action() @UseInterceptors(Wrapping) async *endless(scope: ActionScope) {
    try {
      for (let i = 0; !scope.signal.aborted; i++) yield await new Promise((resolve) => setImmediate(() => resolve(i)));
    } finally {
      ended.push('source');
    }
  }
  @Action() @UseInterceptors(Wrapping) async *large() {
    const payload = 'x'.repeat(50_000);
    for (produced = 0; produced < 1_000; produced++) yield await Promise.resolve(payload);
  }
  @Action() @UseInterceptors(Wrapping) quick() {
    return 1;
  }
}

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  output = IssueView;

  private async *store(scope: HookScope) {
    for (const i of [1, 2, 3]) {
      await scope.manager.save(Issue, { title: `${i}`, projectId: 1 });
      yield i;
    }
  }
  @Action({ methods: ['POST'] }) @UseInterceptors(TakingTwo) importTwo(scope: ActionScope) {
    return this.store(scope);
  }
  @Action({ methods: ['POST'] }) @UseInterceptors(ThrowingAtTwo) importBroken(scope: ActionScope) {
    return this.store(scope);
  }
}

describe('a stream between interceptors', () => {
  const start = async () => {
    ended = [];
    const app = await createTestApp({ entities: [Project, Member, Issue], providers: [FeedHook, IssueHook] });
    await seedTracker(app);
    const client = await app.connect(1);
    const call = async (action: string, namespace = 'feed') => {
      const { status, data } = await client.call(namespace, action, namespace === 'feed' ? 'GET' : 'POST', {
        requestId: action,
      });
      return { status, data, items: itemsOf(client, action) };
    };
    return { app, client, call, [Symbol.asyncDispose]: () => app.close() };
  };

  it.each<[string, number, unknown, unknown[]]>([
    ['wrapped', 200, 'done', [{ wrapped: 1 }, { wrapped: 2 }, { wrapped: 3 }]],
    ['observable', 200, null, [{ wrapped: 1 }, { wrapped: 2 }, { wrapped: 3 }]],
    ['delayed', 200, 'done', [{ wrapped: 1 }, { wrapped: 2 }, { wrapped: 3 }]],
    ['two', 200, null, [1, 2]],
    ['recovered', 200, null, [1, 'recovered']],
    ['none', 200, null, []],
    ['inContext', 200, null, ['inside']],
    ['answered', 200, 'instead', []],
    ['nothing', 204, null, []],
    ['quick', 200, { wrapped: 1 }, []],
  ])('%s: each item goes through them, and the answer comes last', async (action, status, data, items) => {
    await using feed = await start();
    expect(await feed.call(action)).toEqual({ status, data, items });
  });

  it('ends its source when they want no more, or throw', async () => {
    await using feed = await start();
    await feed.call('two');
    await expect.poll(() => ended).toEqual(['source']);
    expect(await feed.call('throwing')).toMatchObject({ status: 500, data: { code: 'INTERNAL' }, items: [1] });
    await expect.poll(() => ended).toEqual(['source', 'source']);
  });

  it('ends on $cancel, and its source is told', async () => {
    await using feed = await start();
    const answer = feed.client.call('feed', 'endless', 'GET', { requestId: 'e' });
    await feed.client.until(() => itemsOf(feed.client, 'e').length >= 3);
    await feed.client.call('feed', '$cancel', 'SUBSCRIPTION', { data: { target: 'e' } });
    expect(await answer).toMatchObject({ status: 409, data: { code: 'CANCELLED' } });
    await expect.poll(() => ended).toEqual(['source']);
  });

  it('waits for a client that does not read', async () => {
    await using feed = await start();
    // oxlint-disable no-underscore-dangle -- a client that does not read has no public way
    const raw = (feed.client.socket.io.engine.transport as unknown as { ws: { _socket: import('node:net').Socket } }).ws; // prettier-ignore
    raw._socket.pause();
    const answer = feed.client.call('feed', 'large', 'GET', { requestId: 'l' });
    const other = await feed.app.connect(2);
    let before = -1;
    while (before !== produced) {
      before = produced;
      for (let i = 0; i < 20; i++) await other.call('feed', 'quick', 'GET');
    }
    expect(produced).toBeGreaterThan(0);
    expect(produced).toBeLessThan(500);
    raw._socket.resume();
    expect(await answer).toMatchObject({ status: 200 });
    expect(itemsOf(feed.client, 'l')).toHaveLength(1_000);
  });

  it("is collected for djira's clients as it comes out of them", async () => {
    await using feed = await start();
    const client = new TestClient(feed.app.url, { token: 'user-1' });
    await client.connected();
    expect(await client.call('feed', 'wrapped', 'GET')).toMatchObject({ status: 200, data: [{ wrapped: 1 }, { wrapped: 2 }, { wrapped: 3 }] }); // prettier-ignore
    client.close();
  });

  it('of a writing action is committed before its answer, or rolled back if they throw', async () => {
    await using feed = await start();
    const count = () => feed.app.dataSource.manager.count(Issue);
    expect(await feed.call('importBroken', 'issues')).toMatchObject({ status: 500, items: [1] });
    expect(await count()).toBe(0);
    expect(await feed.call('importTwo', 'issues')).toEqual({ status: 200, data: null, items: [1, 2] });
    expect(await count()).toBe(2);
  });
});

function itemsOf(client: TestClient, requestId: string): unknown[] {
  return client.frames
    .filter(({ frame }) => frame['requestId'] === requestId && frame['status'] === 206)
    .map(({ frame }) => frame['data']);
}
