// Collections of TanStack DB over a real server: whole, and as far as queries ask for them.

import { Expose } from 'class-transformer';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import {
  and,
  BTreeIndex,
  createCollection,
  createLiveQueryCollection,
  eq,
  gt,
  gte,
  ilike,
  inArray,
  isNull,
  like,
  lt,
  not,
  or,
  type Collection,
} from '@tanstack/db';
import { describe, expect, it, vi } from 'vitest';
import type { JiraClient } from 'nestjs-jira-client';
import { jiraCollectionOptions } from 'nestjs-jira-client/tanstack-db';
import { Hook, IsAuthenticated, ModelHook, type ApiOf } from 'nestjs-jira';
import { inspect } from '../../libs/client/src/client.js';
import { TRACKER, type IssueView } from '../support/tracker.js';
import { Bench, failureOf, reached } from './support.js';
import { TrackerClients, type TrackerApi } from './tracker-clients.js';

@Entity()
class Task {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column({ default: 'open' }) status: string;
  @Column({ type: 'int', nullable: true }) rank: number | null;
}

class TaskInput {
  @IsString() title: string;
  @IsOptional() @IsString() status?: string;
  @IsOptional() @IsInt() rank?: number | null;
}

class TaskView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() status: string;
  @Expose() rank: number | null;
}

@Hook('tasks')
class TaskHook extends ModelHook<Task> {
  entity = Task;
  createInput = TaskInput;
  output = TaskView;
  permissions = [IsAuthenticated];
  pageSize = 3;
  filterFields = {
    status: ['exact', 'in'],
    title: ['exact', 'contains', 'startswith', 'icontains'],
    rank: ['exact', 'gt', 'gte', 'lt', 'lte', 'in', 'isnull'],
  };
  orderingFields = ['rank', 'title'];
}

type Api = TrackerApi & ApiOf<{ tasks: TaskHook }>;

const TASKS = { entities: [...TRACKER.entities, Task], providers: [...TRACKER.providers, TaskHook] };

class Tasks extends TrackerClients {
  static async of(rows: readonly Partial<TaskInput>[]): Promise<Tasks> {
    const tasks = await TrackerClients.start(TASKS);
    await tasks.app.dataSource.manager.save(
      Task,
      rows.map((row) => ({ title: 'x', ...row })),
    );
    return tasks;
  }

  override client(userId: number): JiraClient<Api> {
    return super.client(userId);
  }
}

/** Some of every kind, more than one page of them. */
const ROWS = Array.from({ length: 23 }, (_, i) => ({
  title: `${['Alpha', 'beta', 'Gamma', '50% off'][i % 4]} ${i}`,
  status: ['open', 'doing', 'done'][i % 3] ?? '',
  rank: i % 5 === 4 ? null : (i * 7) % 11,
}));

function issuesOf(jira: JiraClient<TrackerApi>, query?: { status: string }) {
  return createCollection(
    jiraCollectionOptions({
      hook: jira.hook('issues'),
      query,
      createInput: ({ title, projectId }) => ({ title, projectId }),
      startSync: true,
    }),
  );
}

const INDEXED = { autoIndex: 'eager', defaultIndexType: BTreeIndex } as const;

function tasksOf(jira: JiraClient<Api>, more: object = INDEXED) {
  return createCollection(
    jiraCollectionOptions({ hook: jira.hook('tasks'), syncMode: 'on-demand', startSync: true, ...more }),
  );
}

/** What the client asks the hook for from now on. */
function askedOf(jira: JiraClient<Api>): unknown[] {
  const { calls } = jira.hook('tasks') as unknown as { calls: { request(...args: unknown[]): unknown } };
  const asked: unknown[] = [];
  const request = calls.request.bind(calls);
  vi.spyOn(calls, 'request').mockImplementation((...args) => {
    asked.push((args[2] as { query?: unknown } | undefined)?.query);
    return request(...args);
  });
  return asked;
}

const titles = (rows: Iterable<object>): string[] =>
  [...rows].map((row) => (row as { title: string }).title).toSorted();

/** Each change of the collection from now on, as `insert 1`. */
function changesOf(collection: Pick<Collection<IssueView, number>, 'subscribeChanges'>): string[] {
  const seen: string[] = [];
  collection.subscribeChanges((changes) => seen.push(...changes.map(({ type, key }) => `${type} ${key}`)), {
    includeInitialState: true,
  });
  seen.length = 0;
  return seen;
}

describe('an eager collection', () => {
  it('holds all rows of its query, over pages, and follows what others write', async () => {
    await using tracker = await TrackerClients.start();
    const [ada, grace] = [tracker.client(1).hook('issues'), tracker.client(2)];
    for (let i = 0; i < 40; i++) await ada.create({ title: `t${i}`, projectId: i % 8 === 0 ? 2 : 1 });
    const collection = issuesOf(grace, { status: 'open' });
    await collection.preload();
    expect(collection.size).toBe(35);
    const seen = changesOf(collection);
    await ada.patch(2, { status: 'done' });
    await ada.patch(3, { title: 'T2' });
    await ada.patch(2, { status: 'open' });
    await ada.create({ title: 'of another project', projectId: 2 });
    await ada.destroy(4);
    await expect.poll(() => seen).toEqual(['delete 2', 'update 3', 'insert 2', 'delete 4']);
    expect(collection.get(3)).toMatchObject({ title: 'T2' });
  });

  it('writes only the difference after a reset, and after a reconnection', async () => {
    await using bench = await Bench.start();
    type Row = { id: number; title: string; status: string; projectId: number };
    let rows: Row[] = [1, 2, 3].map((id) => ({ id, title: `t${id}`, status: 'open', projectId: 1 }));
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer(rows));
    const jira = bench.client<TrackerApi>();
    const collection = issuesOf(jira);
    await collection.preload();
    const seen = changesOf(collection);
    const [first, second, third] = rows as [Row, Row, Row];
    rows = [first, { ...second, title: 'T2' }, { ...third, id: 4 }];
    bench.server.announce('issues', 'c', { type: 'reset' });
    await expect.poll(() => seen.toSorted()).toEqual(['delete 3', 'insert 4', 'update 2']);
    rows = rows.slice(0, 2);
    bench.server.cut();
    await reached(jira, 'disconnected');
    await expect.poll(() => seen.slice(3)).toEqual(['delete 4']);
    expect(collection.status).toBe('ready');
  });

  it('does not lose a row that slides to a page that was read', async () => {
    await using bench = await Bench.start();
    let isFirst = true;
    const page = (ids: readonly number[], next: number | null) => ({
      results: ids.map((id) => ({ id, title: `t${id}` })),
      next_page: next,
      previous_page: null,
    });
    bench.server
      .channel('issues', () => 'c')
      .on('issues.list', ({ frame, answer }) => {
        const isSecond = frame.query?.['page'] === 2;
        if (isFirst && isSecond) {
          // 1 was deleted between the pages: 3, which was the first of the second, is on the first now.
          isFirst = false;
          bench.server.announce('issues', 'c', { type: 'removed', id: 1, data: { id: 1 } });
          return answer(page([4], null));
        }
        if (isFirst) return answer(page([1, 2], 2));
        return answer(isSecond ? page([4], null) : page([2, 3], 2));
      });
    const collection = issuesOf(bench.client<TrackerApi>());
    await collection.preload();
    expect([...collection.keys()].toSorted((a, b) => a - b)).toEqual([2, 3, 4]);
  });

  it('takes no list for newer than a change that came while it was asked for', async () => {
    await using bench = await Bench.start();
    bench.server
      .channel('issues', () => 'c')
      .on('issues.list', ({ answer }) => {
        bench.server.announce('issues', 'c', { type: 'modified', id: 1, data: { id: 1, title: 'new' } });
        bench.server.announce('issues', 'c', { type: 'removed', id: 2, data: { id: 2 } });
        setTimeout(() => answer([1, 2].map((id) => ({ id, title: 'old' }))), 50);
      });
    const collection = issuesOf(bench.client<TrackerApi>());
    await collection.preload();
    expect(collection.toArray).toMatchObject([{ id: 1, title: 'new' }]);
  });

  it('is in error, and says why, when it is refused, and shows nothing any more', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.subscribe', ({ refuse }) => refuse('PERMISSION_DENIED'));
    const refused = issuesOf(bench.client<TrackerApi>({ onError: () => undefined }));
    expect(await failureOf(refused.preload())).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(refused.status).toBe('error');
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer([{ id: 1, title: 'a' }]));
    const jira = bench.client<TrackerApi>();
    const collection = issuesOf(jira);
    await collection.preload();
    jira.close();
    await expect.poll(() => [collection.status, collection.size]).toEqual(['error', 0]);
  });

  it('leaves no subscription behind, and starts again', async () => {
    await using tracker = await TrackerClients.start();
    const jira = tracker.client(1);
    await jira.hook('issues').create({ title: 'a', projectId: 1 });
    const collection = issuesOf(jira);
    for (let i = 0; i < 3; i++) {
      await collection.preload();
      expect(inspect(jira)).toMatchObject({ subscriptions: 1 });
      expect(collection.size).toBe(1);
      await collection.cleanup();
      expect(inspect(jira)).toMatchObject({ subscriptions: 0 });
    }
  });

  it('says that its query is no place for pages', () => {
    const hook = undefined as never;
    expect(() => jiraCollectionOptions({ hook, query: { page: 2, status: 'open' } })).toThrow(/"page" says how/);
  });
});

describe('a write', () => {
  it('is done once its commit has been applied, with the key that the server made', async () => {
    await using tracker = await TrackerClients.start();
    const collection = issuesOf(tracker.client(1));
    await collection.preload();
    const insert = collection.insert({ id: -1, title: 'a', status: 'open', projectId: 1 });
    expect(titles(collection.toArray)).toEqual(['a']);
    await insert.when('settled');
    expect([...collection.keys()]).toEqual([1]);
    const update = collection.update(1, (draft) => void (draft.title = 'b'));
    await update.when('settled');
    expect(collection.get(1)).toMatchObject({ title: 'b' });
    await collection.delete(1).when('settled');
    expect(collection.size).toBe(0);
  });

  it('shows beside a foreign one, which is there when it is done', async () => {
    await using tracker = await TrackerClients.start();
    const ada = tracker.client(1).hook('issues');
    for (const title of ['a', 'b']) await ada.create({ title, projectId: 1 });
    const collection = issuesOf(tracker.client(2));
    await collection.preload();
    const update = collection.update(1, (draft) => void (draft.title = 'mine'));
    const foreign = [ada.patch(1, { status: 'doing' }), ada.patch(2, { title: 'theirs' })];
    expect(titles(collection.toArray)).toEqual(['b', 'mine']);
    await Promise.all([update.when('settled'), ...foreign]);
    await expect.poll(() => titles(collection.toArray)).toEqual(['mine', 'theirs']);
    await expect.poll(() => collection.get(1)).toMatchObject({ title: 'mine', status: 'doing' });
  });

  it('that fails is taken back, and tells why', async () => {
    await using tracker = await TrackerClients.start();
    const jira = tracker.client(2);
    await jira.hook('issues').create({ title: 'a', projectId: 1 });
    const collection = issuesOf(jira);
    await collection.preload();
    const update = collection.update(1, (draft) => void (draft.status = 'nonsense'));
    expect(collection.get(1)).toMatchObject({ status: 'nonsense' });
    expect(await failureOf(update.when('settled'))).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(collection.get(1)).toMatchObject({ status: 'open' });
    const insert = collection.insert({ id: -1, title: 'hidden', status: 'open', projectId: 2 });
    expect(await failureOf(insert.when('settled'))).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(titles(collection.toArray)).toEqual(['a']);
  });

  it('that takes the row out of the filter is done as soon as that is told', async () => {
    await using tracker = await TrackerClients.start();
    const jira = tracker.client(1);
    await jira.hook('issues').create({ title: 'a', projectId: 1 });
    const collection = issuesOf(jira, { status: 'open' });
    await collection.preload();
    await collection.update(1, (draft) => void (draft.status = 'done')).when('settled');
    expect(collection.size).toBe(0);
    expect(await jira.hook('issues').get(1)).toMatchObject({ status: 'done' });
  });

  it('whose change never comes is done after a while', async () => {
    await using bench = await Bench.start();
    bench.server
      .channel('issues', () => 'c')
      .on('issues.list', ({ answer }) => answer([{ id: 1, title: 'a' }]))
      .on('issues.update', ({ answer }) => answer({ id: 1, title: 'b' }, { position: 'e1:99' }));
    const hook = bench.client<TrackerApi>().hook('issues');
    const collection = createCollection(jiraCollectionOptions({ hook, appliedWithinMs: 30 }));
    await collection.preload();
    await collection.update(1, (draft) => void (draft.title = 'b')).when('settled');
    expect(collection.get(1)).toMatchObject({ title: 'a' });
  });
});

describe('an on-demand collection', () => {
  type Row = Parameters<Parameters<ReturnType<typeof tasksOf>['createIndex']>[0]>[0];
  const PREDICATES: Record<string, [where: (row: Row) => unknown, holds: (row: Omit<Task, 'id'>) => boolean]> = {
    eq: [({ status }) => eq(status, 'open'), ({ status }) => status === 'open'],
    'and of gt and lt': [
      ({ rank }) => and(gt(rank, 2), lt(rank, 8)),
      ({ rank }) => rank !== null && rank > 2 && rank < 8,
    ],
    'two of one field': [({ rank }) => and(gte(rank, 2), gte(rank, 5)), ({ rank }) => rank !== null && rank >= 5],
    or: [
      ({ status, rank }) => or(eq(status, 'done'), eq(rank, 3)),
      ({ status, rank }) => status === 'done' || rank === 3,
    ],
    'not of and': [
      ({ status, rank }) => not(and(eq(status, 'open'), gt(rank, 4))),
      ({ status, rank }) => status !== 'open' || (rank !== null && rank <= 4),
    ],
    in: [({ status }) => inArray(status, ['open', 'done']), ({ status }) => status !== 'doing'],
    isNull: [({ rank }) => isNull(rank), ({ rank }) => rank === null],
    'like a beginning': [({ title }) => like(title, 'Al%'), ({ title }) => title.startsWith('Al')],
    'like with a wildcard of one': [({ title }) => like(title, '_eta%'), ({ title }) => title.startsWith('beta')],
    ilike: [({ title }) => ilike(title, '%GAMMA%'), ({ title }) => title.startsWith('Gamma')],
    'ilike, which the hook does not take at the end': [
      ({ title }) => ilike(title, '%A 1'),
      ({ title }) => title.endsWith('a 1'),
    ],
  };

  it('has the rows of every predicate, and no others where the filter can say it', async () => {
    await using tracker = await Tasks.of(ROWS);
    const wider = new Set([
      'not of and',
      'two of one field',
      'like with a wildcard of one',
      'ilike, which the hook does not take at the end',
    ]);
    const seen: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const [name, [where, holds]] of Object.entries(PREDICATES)) {
      const jira = tracker.client(1);
      const tasks = tasksOf(jira);
      const query = createLiveQueryCollection((q) =>
        q.from({ task: tasks }).where(({ task }) => where(task as unknown as Row) as never),
      );
      await query.preload();
      const [found, loaded] = [titles(query.toArray), titles(tasks.toArray)];
      await query.cleanup();
      await tasks.cleanup();
      const rows = titles(ROWS.filter(holds));
      seen[name] = { found, loaded: wider.has(name) ? rows : loaded, ...inspect(jira) };
      expected[name] = { found: rows, loaded: rows, ...inspect(jira), subscriptions: 0 };
    }
    expect(seen).toEqual(expected);
  });

  it('follows rows into and out of its subsets', async () => {
    await using tracker = await Tasks.of(ROWS.slice(0, 3));
    const [other, jira] = [tracker.client(1).hook('tasks'), tracker.client(2)];
    const tasks = tasksOf(jira);
    const queryOf = (status: string) =>
      createLiveQueryCollection((q) => q.from({ task: tasks }).where(({ task }) => eq(task.status, status)));
    const [open, done] = [queryOf('open'), queryOf('done')];
    await Promise.all([open.preload(), done.preload()]);
    expect([open.size, done.size, tasks.size]).toEqual([1, 1, 2]);
    await other.patch(1, { status: 'done' });
    await expect.poll(() => [open.size, done.size, tasks.size]).toEqual([0, 2, 2]);
    await other.patch(2, { status: 'open' });
    await expect.poll(() => [open.size, done.size, tasks.size]).toEqual([1, 2, 3]);
    await done.cleanup();
    await expect.poll(() => tasks.size).toBe(1);
    expect(inspect(jira)).toMatchObject({ subscriptions: 1 });
    await other.destroy(2);
    await expect.poll(() => [open.size, tasks.size]).toEqual([0, 0]);
  });

  it('asks once for what equal queries need, and for nothing that it has', async () => {
    await using tracker = await Tasks.of(ROWS.slice(0, 3));
    const jira = tracker.client(1);
    const tasks = tasksOf(jira);
    const asked = askedOf(jira);
    const openOnly = () =>
      createLiveQueryCollection((q) => q.from({ task: tasks }).where(({ task }) => eq(task.status, 'open')));
    const queries = [openOnly(), openOnly()];
    await Promise.all(queries.map((query) => query.preload()));
    await openOnly().preload();
    expect(asked).toEqual([{ status: 'open' }]);
    await createLiveQueryCollection((q) => q.from({ task: tasks })).preload();
    await createLiveQueryCollection((q) =>
      q.from({ task: tasks }).where(({ task }) => eq(task.status, 'done')),
    ).preload();
    expect(asked).toEqual([{ status: 'open' }, {}]);
    expect(inspect(jira)).toMatchObject({ subscriptions: 2 });
  });

  it('asks for one row by its key', async () => {
    await using tracker = await Tasks.of(ROWS);
    const jira = tracker.client(1);
    const tasks = tasksOf(jira);
    const one = createLiveQueryCollection((q) => q.from({ task: tasks }).where(({ task }) => eq(task.id, 5)));
    await one.preload();
    expect([titles(one.toArray), tasks.size]).toEqual([[ROWS[4]?.title], 1]);
    await tracker.client(2).hook('tasks').patch(5, { title: 'renamed' });
    await expect.poll(() => titles(one.toArray)).toEqual(['renamed']);
  });

  it.each(['asc', 'desc'] as const)(
    'reads the first rows of an order, %s, rows without a value included',
    async (direction) => {
      // Four without a value, and two of each other.
      const rows = Array.from({ length: 60 }, (_, i) => ({ title: `t${i}`, rank: i < 4 ? null : i >> 1 }));
      await using tracker = await Tasks.of(rows);
      const jira = tracker.client(1);
      for (const nulls of ['first', 'last'] as const) {
        const tasks = tasksOf(jira);
        const top = createLiveQueryCollection((q) =>
          q
            .from({ task: tasks })
            .orderBy(({ task }) => task.rank, { direction, nulls })
            .limit(6),
        );
        await top.preload();
        const ranks = rows
          .map(({ rank }) => rank)
          .toSorted((a, b) => {
            if (a === null || b === null)
              return (nulls === 'first' ? 1 : -1) * (Number(b === null) - Number(a === null));
            return direction === 'asc' ? a - b : b - a;
          });
        expect(top.toArray.map(({ rank }) => rank)).toEqual(ranks.slice(0, 6));
        expect(tasks.size).toBeLessThan(rows.length);
        await top.cleanup();
        await tasks.cleanup();
      }
    },
  );

  it.each([
    ['with an index', INDEXED],
    ['without one', {}],
  ])('keeps the first rows of an order while rows come and go, %s', async (_name, more) => {
    await using tracker = await Tasks.of(ROWS.map((row, i) => ({ ...row, rank: 10 * i })));
    const other = tracker.client(1).hook('tasks');
    const tasks = tasksOf(tracker.client(2), more);
    const top = createLiveQueryCollection((q) =>
      q
        .from({ task: tasks })
        .orderBy(({ task }) => task.rank, { direction: 'desc', nulls: 'last' })
        .limit(3),
    );
    const ranks = () => top.toArray.map(({ rank }) => rank);
    await top.preload();
    expect(ranks()).toEqual([220, 210, 200]);
    await other.create({ title: 'new', rank: 215 });
    await expect.poll(ranks).toEqual([220, 215, 210]);
    for (const id of [23, 22, 21]) await other.destroy(id);
    await expect.poll(ranks).toEqual([215, 190, 180]);
    await other.patch(1, { rank: 300 });
    await expect.poll(ranks).toEqual([300, 215, 190]);
  });

  it('writes, and is done at once where no subset holds the row', async () => {
    await using tracker = await Tasks.of(ROWS.slice(0, 3));
    const jira = tracker.client(1);
    const tasks = createCollection(
      jiraCollectionOptions({
        hook: jira.hook('tasks'),
        syncMode: 'on-demand',
        startSync: true,
        appliedWithinMs: 60_000,
        createInput: ({ title, status }) => ({ title, status }),
      }),
    );
    const open = createLiveQueryCollection((q) => q.from({ task: tasks }).where(({ task }) => eq(task.status, 'open')));
    await open.preload();
    await tasks.insert({ id: -1, title: 'a', status: 'open', rank: null }).when('settled');
    expect(open.size).toBe(2);
    await tasks.insert({ id: -2, title: 'b', status: 'done', rank: null }).when('settled');
    expect([open.size, tasks.size]).toEqual([2, 2]);
  });

  it('holds what the server has after random writes of others, lost connections and queries that come and go', async () => {
    await using tracker = await Tasks.of(ROWS);
    const [other, jira] = [tracker.client(1).hook('tasks'), tracker.client(2)];
    const random = randomOf(7);
    const tasks = tasksOf(jira);
    const eager = createCollection(jiraCollectionOptions({ hook: jira.hook('tasks'), query: { rank__gte: 3 } }));
    const queryOf = (status: string, rank: number) =>
      createLiveQueryCollection((q) =>
        q.from({ task: tasks }).where(({ task }) => and(eq(task.status, status), lt(task.rank, rank))),
      );
    const kept = [queryOf('open', 6), queryOf('done', 9), queryOf('open', 9)];
    await Promise.all([eager.preload(), ...kept.map((query) => query.preload())]);
    for (const query of kept) query.subscribeChanges(() => undefined);
    for (let i = 0; i < 80; i++) {
      const id = 1 + random(30);
      const input = { status: ['open', 'doing', 'done'][random(3)] ?? '', rank: random(11) };
      const step = random(10);
      if (step < 2) await other.create({ title: `new ${i}`, ...input });
      else if (step < 3) await other.destroy(id).catch(() => undefined);
      else await other.patch(id, input).catch(() => undefined);
      if (step === 9 && jira.connection.state === 'connected') cut(jira);
      if (step === 8) void queryOf('doing', random(11)).preload();
    }
    const all = await tracker.app.dataSource.manager.find(Task);
    const inRank = (low: number, high: number) => all.filter(({ rank }) => rank !== null && rank >= low && rank < high);
    const expected = [
      inRank(3, 99),
      inRank(0, 6).filter(({ status }) => status === 'open'),
      inRank(0, 9).filter(({ status }) => status === 'done'),
      inRank(0, 9).filter(({ status }) => status === 'open'),
    ].map(titles);
    await expect.poll(() => [eager, ...kept].map(({ toArray }) => titles(toArray))).toEqual(expected);
  });
});

/** Loses the connection, as a network does. */
function cut(jira: JiraClient<Api>): void {
  (jira as unknown as { link: { socket: { io: { engine?: { close(): void } } } } }).link.socket.io.engine?.close();
}

/** The same numbers below `n` for the same seed. */
function randomOf(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * n);
  };
}
