// Lists that are kept in memory: what changes is applied without asking the database, and what is missing is read.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Expose } from 'class-transformer';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createClient, type JiraClient, type ListUpdate } from 'nestjs-jira-client';
import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { TypeOrmStore } from '../../libs/jira/src/typeorm/store/typeorm-store.js';
import { createTestApp, type TestApp } from '../support/app.js';

@Entity()
class Task {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'int', nullable: true }) rank: number | null;
  @Column() team: string;
  @Column({ default: false }) isSecret: boolean;
}
class TaskView {
  @Expose() id: number;
  @Expose() rank: number | null;
}

@Hook('tasks')
class TaskHook extends ModelHook<Task> {
  entity = Task;
  output = TaskView;
  pageSize = 3;
  filterFields = { team: ['exact'] };
  orderingFields = ['rank'];
  override ordering = ['rank'];
  /** The first user sees secrets as well. */
  override visibility({ user }: HookScope): Visibility<Task> {
    return user?.id === 1 ? { team: 'red' } : { team: 'red', isSecret: false };
  }
}

type Row = { readonly id: number; readonly rank: number | null };
interface Heard {
  readonly rows: readonly Row[];
  readonly update: ListUpdate;
}

class Board implements AsyncDisposable {
  reads = 0;
  private readonly clients: JiraClient[] = [];
  private readonly onWindow = (message: unknown): void => {
    if ((message as { event: string }).event === 'read') this.reads++;
  };

  private constructor(readonly app: TestApp) {
    subscribe('nestjs-jira:window', this.onWindow);
  }

  static async start(count: number): Promise<Board> {
    const board = new Board(await createTestApp({ entities: [Task], providers: [TaskHook] }));
    const rows = Array.from({ length: count }, (_, i) => ({ rank: 10 * i, team: 'red' }));
    while (rows.length > 0) await board.tasks.insert(rows.splice(0, 500));
    return board;
  }

  get tasks() {
    return this.app.dataSource.getRepository(Task);
  }

  listen(user = 1, query: Record<string, unknown> = {}) {
    const jira = createClient(this.app.url, { auth: this.app.authOf(user) });
    this.clients.push(jira);
    const heard: Heard[] = [];
    const list = jira.listen(jira.hook('tasks').action('list', { query }), (rows, update) => {
      heard.push({ rows: rows as Row[], update });
    });
    return { list, heard, ids: () => heard.at(-1)?.rows.map(({ id }) => id), count: () => heard.at(-1)?.update.count };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    unsubscribe('nestjs-jira:window', this.onWindow);
    for (const jira of this.clients) jira.close();
    await this.app.close();
  }
}

/** Has the next reads of rows wait, once they have read, until they are let go. */
function holdReads(): { reached: Promise<void>; release: () => void } {
  // oxlint-disable-next-line typescript/unbound-method -- called as a method below
  const { find } = TypeOrmStore.prototype;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  vi.spyOn(TypeOrmStore.prototype, 'find').mockImplementation(async function (this: TypeOrmStore<object>, ...args) {
    const rows: object[] = await find.apply(this, args);
    reach();
    await released;
    return rows;
  });
  return { reached, release };
}

afterEach(() => vi.restoreAllMocks());

describe('a list in memory', () => {
  it('asks the database for next to none of the changes, however many clients listen', async () => {
    await using board = await Board.start(1_000);
    const clients = Array.from({ length: 50 }, () => board.listen(2, { page_size: 20 }));
    for (const { ids } of clients) await expect.poll(ids).toHaveLength(20);
    // Nothing is counted twice that the first read may have known.
    await expect.poll(() => board.reads).toBeGreaterThan(0);
    const before = board.reads;
    for (let i = 1; i <= 100; i++) await board.tasks.update(1_000 - i, { rank: 200 - i });
    const fresh = await board.tasks.find({ order: { rank: 'ASC', id: 'ASC' }, take: 20 });
    for (const { ids } of clients) await expect.poll(ids).toEqual(fresh.map(({ id }) => id));
    expect((board.reads - before) / 100).toBeLessThanOrEqual(0.05);
  });

  it('tells one commit in one frame, and the limit holds at every step', async () => {
    await using board = await Board.start(6);
    const { ids, heard } = board.listen();
    await expect.poll(ids).toEqual([1, 2, 3]);
    await board.app.dataSource.transaction(async (manager) => {
      await manager.update(Task, 5, { rank: -2 });
      await manager.update(Task, 6, { rank: -1 });
      await manager.delete(Task, 1);
      await manager.insert(Task, { rank: -3, team: 'red' });
    });
    await expect.poll(ids).toEqual([7, 5, 6]);
    expect(heard).toHaveLength(2);
    expect(heard[1]?.update.count).toBe(6);
    let length = 3;
    for (const { op } of heard[1]?.update.ops ?? []) {
      length += op === 'added' ? 1 : op === 'removed' ? -1 : 0;
      expect(length).toBeLessThanOrEqual(3);
    }
  });

  it('reads on when a commit deletes all that it holds', async () => {
    await using board = await Board.start(20);
    const { ids, count, heard } = board.listen();
    await expect.poll(ids).toEqual([1, 2, 3]);
    await board.tasks.delete([1, 2, 3, 4, 5, 6, 7, 8]);
    await expect.poll(ids).toEqual([9, 10, 11]);
    await expect.poll(count).toBe(12);
    expect(heard.every(({ rows }) => rows.length === 3)).toBe(true);
  });

  it('lets the last row go past what it holds, and come back', async () => {
    await using board = await Board.start(20);
    const { ids } = board.listen();
    await expect.poll(ids).toEqual([1, 2, 3]);
    await board.tasks.update(3, { rank: 1_000 });
    await expect.poll(ids).toEqual([1, 2, 4]);
    await board.tasks.update(3, { rank: null });
    await board.tasks.update(3, { rank: 20 });
    await expect.poll(ids).toEqual([1, 2, 3]);
  });

  it('applies what is committed while it reads, deletes and moves of rows that were read among it', async () => {
    await using board = await Board.start(30);
    const { ids, count } = board.listen();
    await expect.poll(ids).toEqual([1, 2, 3]);
    const reads = holdReads();
    await board.tasks.delete([1, 2, 3, 4, 5, 6]);
    await reads.reached;
    for (let i = 0; i < 40; i++) await board.tasks.update(20, { rank: 500 - i });
    await board.tasks.delete(7);
    await board.tasks.update(8, { rank: 900 });
    await board.tasks.update(30, { rank: 1 });
    await board.tasks.insert({ rank: 2, team: 'red' });
    await board.tasks.insert({ rank: 0, team: 'blue' });
    vi.restoreAllMocks();
    reads.release();
    await expect.poll(ids).toEqual([30, 31, 9]);
    await expect.poll(count).toBe(24);
  });

  it('shows what it has, and goes on, when it cannot read on', async () => {
    await using board = await Board.start(30);
    const { ids, count } = board.listen();
    await expect.poll(ids).toEqual([1, 2, 3]);
    const failing = vi.spyOn(TypeOrmStore.prototype, 'find').mockRejectedValue(new Error('no connection'));
    await board.tasks.delete([1, 2, 3, 4, 5]);
    await expect.poll(ids).toEqual([6]);
    failing.mockRestore();
    await expect.poll(ids).toEqual([6, 7, 8]);
    await expect.poll(count).toBe(25);
  });

  it('keeps two audiences apart that differ in one row', async () => {
    await using board = await Board.start(6);
    await board.tasks.update(2, { isSecret: true });
    const [all, some] = [board.listen(1), board.listen(2)];
    await expect.poll(() => [all.ids(), some.ids()]).toEqual([[1, 2, 3], [1, 3, 4]]); // prettier-ignore
    await board.tasks.update(2, { isSecret: false });
    await expect.poll(some.ids).toEqual([1, 2, 3]);
    await board.tasks.update(3, { isSecret: true });
    await expect.poll(some.ids).toEqual([1, 2, 4]);
    expect([all.ids(), all.count(), some.count()]).toEqual([[1, 2, 3], 6, 5]);
    expect(some.heard.at(-1)?.update.ops?.[0]).toEqual({ op: 'removed', at: 2, id: 3 });
  });

  it('has rows without a value last, first if descending, and ties by key', async () => {
    await using board = await Board.start(2);
    const [up, down] = [board.listen(1, { page_size: 10 }), board.listen(1, { page_size: 10, ordering: '-rank' })];
    await expect.poll(() => [up.ids(), down.ids()]).toEqual([[1, 2], [2, 1]]); // prettier-ignore
    for (const rank of [null, 10, null, 0]) await board.tasks.insert({ rank, team: 'red' });
    await expect.poll(up.ids).toEqual([1, 6, 2, 4, 3, 5]);
    await expect.poll(down.ids).toEqual([5, 3, 4, 2, 6, 1]);
    expect(board.reads).toBe(2);
  });
});
