// The client resumes by itself: what it missed arrives as ordinary changes, and `reset` only if there is no other way.

import { createClient, type Change, type Crud } from 'nestjs-jira-client';
import { describe, expect, it, vi } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { Issue, Member, seedTracker, TRACKER } from '../support/tracker.js';
import { Proxy } from './support/proxy.js';

interface Row {
  id: number;
  title: string;
}
type Api = { issues: Crud<Row> };

class World implements AsyncDisposable {
  private constructor(
    readonly app: TestApp,
    readonly proxy: Proxy,
    readonly jira: ReturnType<typeof createClient<Api>>,
  ) {}

  static async open(): Promise<World> {
    const app = await createTestApp(TRACKER);
    await seedTracker(app);
    const proxy = await Proxy.to(app.url);
    const options = { auth: app.authOf(2), reconnectMinMs: 1, reconnectMaxMs: 20, resetJitterMs: 0 };
    return new World(app, proxy, createClient<Api>(proxy.url, options));
  }

  /** Does this while the client is away. */
  async away(work: () => Promise<unknown>): Promise<void> {
    this.proxy.cut();
    await vi.waitFor(() => expect(this.jira.connection.state).not.toBe('connected'));
    await work();
    this.proxy.isOpen = true;
    await vi.waitFor(() => expect(this.jira.connection.state).toBe('connected'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.jira.close();
    await this.proxy[Symbol.asyncDispose]();
    await this.app.close();
  }
}

describe('a client that lost its connection', () => {
  it('is handed what it missed as changes, in one turn, and no reset', async () => {
    await using world = await World.open();
    const issues = world.app.dataSource.getRepository(Issue);
    const first = await issues.save({ title: 'first', projectId: 1 });
    const changes: Change<Row>[] = [];
    const turns: number[] = [];
    const states: unknown[] = [];
    let turn = 0;
    const subscription = world.jira.hook('issues').subscribe(
      (change) => {
        changes.push(change);
        turns.push(turn);
        queueMicrotask(() => turn++);
      },
      { onState: (state, _reason, recovered) => states.push([state, recovered]) },
    );
    await subscription.ready;
    await world.away(async () => {
      await issues.update(first.id, { title: 'changed' });
      await issues.save({ title: 'second', projectId: 1 });
    });
    await vi.waitFor(() => expect(changes).toHaveLength(2));
    expect(changes.map(({ type, id }) => [type, id])).toEqual([
      ['modified', first.id],
      ['added', first.id + 1],
    ]);
    expect(new Set(turns).size).toBe(1);
    expect(states).toEqual([
      ['subscribed', undefined],
      ['subscribing', undefined],
      ['subscribed', true],
    ]);
    await issues.delete(first.id);
    await vi.waitFor(() => expect(changes).toHaveLength(3));
    await world.away(() => issues.save({ title: 'third', projectId: 1 }));
    await vi.waitFor(() => expect(changes.map(({ type }) => type)).toEqual(['modified', 'added', 'removed', 'added']));
  });

  it('is told to refetch when it cannot be told what it missed', async () => {
    await using world = await World.open();
    const changes: string[] = [];
    const states: unknown[] = [];
    const subscription = world.jira.hook('issues').subscribe(({ type }) => changes.push(type), {
      onState: (state, _reason, recovered) => states.push([state, recovered]),
    });
    await subscription.ready;
    await world.away(() => world.app.dataSource.manager.save(Member, { userId: 2, projectId: 2 }));
    await vi.waitFor(() => expect(changes).toEqual(['reset']));
    expect(states.at(-1)).toEqual(['subscribed', false]);
    // From there it resumes again.
    await world.away(() => world.app.dataSource.manager.save(Issue, { title: 'a', projectId: 2 }));
    await vi.waitFor(() => expect(changes).toEqual(['reset', 'added']));
  });

  it('keeps a live list right without asking for the list again', async () => {
    await using world = await World.open();
    const issues = world.app.dataSource.getRepository(Issue);
    await issues.save(['a', 'b', 'c'].map((title) => ({ title, projectId: 1 })));
    let lists = 0;
    const hook = world.jira.hook('issues');
    const shown: string[] = [];
    const byTitle = (one: Row, other: Row) => one.title.localeCompare(other.title);
    const stop = world.jira.listen(
      hook.list(),
      (rows, { change }) => {
        if (!change) lists++;
        shown.push(rows.map(({ title }) => title).join(''));
      },
      { compare: byTitle },
    );
    await vi.waitFor(() => expect(shown.at(-1)).toBe('abc'));
    await world.away(async () => {
      await issues.update({ title: 'b' }, { title: 'd' });
      await issues.delete({ title: 'a' });
    });
    await vi.waitFor(() => expect(shown.at(-1)).toBe('cd'));
    expect(lists).toBe(1);
    stop();
  });

  it('is told once of a commit whose changes reached it in part', async () => {
    await using world = await World.open();
    const issues = world.app.dataSource.getRepository(Issue);
    const changes: [string, number | undefined][] = [];
    let cutAt = Infinity;
    const subscription = world.jira.hook('issues').subscribe(({ type, id }) => {
      changes.push([type, id as number | undefined]);
      if (changes.length === cutAt) world.proxy.cut();
    });
    await subscription.ready;
    for (let round = 0; round < 5; round++) {
      cutAt = changes.length + 1 + round;
      const known = changes.length;
      const saved = await issues.save(Array.from({ length: 8 }, () => ({ title: 'a', projectId: 1 })));
      await vi.waitFor(() => expect(world.jira.connection.state).not.toBe('connected'));
      world.proxy.isOpen = true;
      await vi.waitFor(() => expect(changes.length - known).toBeGreaterThanOrEqual(8));
      expect(changes.slice(known)).toEqual(saved.map(({ id }) => ['added', id]));
    }
  });
});
