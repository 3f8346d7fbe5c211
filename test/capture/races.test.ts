// Races that are forced: the answer to a COMMIT is held back, or a transaction is undone before its owner hears of it.

import { Like, type DataSource, type QueryRunner } from 'typeorm';
import { beforeEach, expect, it } from 'vitest';
import { installSqliteLeases } from '../../libs/jira/src/commits/leases/sqlite-leases.js';
import { describeEachDatabase } from '../support/databases.js';
import { Author, LIBRARY, Tag } from './support/library.js';
import { Mirror } from './support/mirror.js';

function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}

type Query = (...args: unknown[]) => Promise<unknown>;

/** Holds the answer to this runner's COMMIT, which the database has carried out, until the gate opens. */
async function holdCommit(
  runner: QueryRunner | undefined,
  isCommitted: () => void,
  gate: Promise<void>,
): Promise<void> {
  if (!runner) throw new Error('The transaction has no runner.');
  const connection = (await runner.connect()) as { query: Query; promise?: () => { query: Query } };
  const holder = connection.promise?.() ?? connection;
  holdAnswers(holder, isCommitted, gate);
  if (!connection.promise) return;
  connection.promise = () => holder;
  holdCallbacks(connection, isCommitted, gate);
}

function holdAnswers(holder: { query: Query }, isCommitted: () => void, gate: Promise<void>): void {
  const query = holder.query.bind(holder);
  holder.query = async (...args) => {
    const answer = await query(...args);
    if (args[0] === 'COMMIT') {
      isCommitted();
      await gate;
    }
    return answer;
  };
}

/** TypeORM 0.3 calls MariaDB's driver with callbacks. */
function holdCallbacks(connection: { query: Query }, isCommitted: () => void, gate: Promise<void>): void {
  const query = connection.query.bind(connection);
  connection.query = (...args) => {
    const answered = args.at(-1);
    if (args[0] !== 'COMMIT' || typeof answered !== 'function') return query(...args);
    const held = (...answer: unknown[]): void => {
      isCommitted();
      void gate.then(() => Reflect.apply(answered, undefined, answer) as unknown);
    };
    return query(...args.slice(0, -1), held);
  };
}

describeEachDatabase('A race of two writers of a row', ({ type, open }) => {
  let dataSource: DataSource;
  let mirror: Mirror;
  const names = () => mirror.changes.map(({ before, after }) => [before?.['name'], after?.['name']]);

  beforeEach(async () => {
    dataSource = await open(LIBRARY);
    installSqliteLeases(dataSource);
    mirror = new Mirror(dataSource, ['Author', 'Tag']);
    await dataSource.manager.insert(Author, [{ name: 'a' }, { name: 'b' }]);
    await dataSource.manager.insert(Tag, { name: 'taken' });
    mirror.commits.length = 0;
  });

  it('is announced in the order of the commits, though the answers come the other way round', async () => {
    if (type === 'better-sqlite3') return; // One connection: the second writer waits for the first one's answer.
    const [committed, gate] = [signal(), signal()];
    const first = dataSource.transaction(async (manager) => {
      await holdCommit(manager.queryRunner, committed.give, gate.given);
      await manager.update(Author, 1, { name: 'first' });
    });
    await committed.given;
    const secondCommitted = signal();
    const second = dataSource.transaction(async (manager) => {
      await holdCommit(manager.queryRunner, secondCommitted.give, Promise.resolve());
      await manager.update(Author, 1, { name: 'second' });
    });
    // A third, of another row, waits for nobody.
    await secondCommitted.given;
    await dataSource.manager.update(Author, 2, { name: 'third' });
    expect(names()).toEqual([['b', 'third']]);
    gate.give();
    await Promise.all([first, second]);
    expect(names().slice(1)).toEqual([
      ['a', 'first'],
      ['first', 'second'],
    ]);
    expect(await mirror.compare()).toEqual([]);
  });

  it('does not make anybody wait for a savepoint that PostgreSQL has undone already', async () => {
    if (type !== 'postgres') return; // The others keep the locks of a savepoint.
    await dataSource.transaction(async (outer) => {
      const inner = outer.transaction(async (manager) => {
        await manager.update(Author, 1, { name: 'undone' });
        await expect(manager.insert(Tag, { name: 'taken' })).rejects.toThrow(/unique/);
        // The savepoint's locks are gone, though nobody has rolled it back yet: another gets the row, and commits.
        await dataSource.manager.update(Author, 1, { name: 'other' });
        expect(names()).toEqual([['a', 'other']]);
        throw new Error('undo');
      });
      await expect(inner).rejects.toThrow('undo');
      await outer.update(Author, 1, { name: 'outer' });
    });
    expect(names()).toEqual([
      ['a', 'other'],
      ['other', 'outer'],
    ]);
    expect(await mirror.compare()).toEqual([]);
  });

  it("does not make a deadlock's winner wait for the victim to notice", async () => {
    if (type === 'better-sqlite3') return; // One transaction at a time: no deadlocks.
    const bothHold = [signal(), signal()] as const;
    const winnerIsDone = signal();
    const actor = (index: 0 | 1) =>
      dataSource.transaction(async (manager) => {
        const [mine, theirs] = index === 0 ? [1, 2] : [2, 1];
        await manager.update(Author, mine, { name: `${index} mine` });
        bothHold[index].give();
        await Promise.all(bothHold.map(({ given }) => given));
        try {
          await manager.update(Author, theirs, { name: `${index} theirs` });
        } catch (error) {
          // The database has undone the victim; its owner takes its time.
          await winnerIsDone.given;
          throw new Error('victim', { cause: error });
        }
      });
    const actors = [actor(0), actor(1)];
    const winner = await Promise.race(actors.map((one, index) => one.then(() => index)));
    expect(names()).toEqual([
      [winner === 0 ? 'a' : 'b', `${winner} mine`],
      [winner === 0 ? 'b' : 'a', `${winner} theirs`],
    ]);
    winnerIsDone.give();
    await expect(actors[1 - winner]).rejects.toThrow('victim');
    expect(await mirror.compare()).toEqual([]);
  });

  it('does not need a second connection of the pool for an upsert', async () => {
    const one = await open(LIBRARY, { poolSize: 2 });
    installSqliteLeases(one);
    const full = new Mirror(one, ['Tag']);
    const tags = Array.from({ length: 12 }, (_, index) => ({ name: `tag ${index}` }));
    // Each of them holds a connection until it knows what its row was.
    await Promise.all(tags.map((tag) => one.transaction((manager) => manager.upsert(Tag, tag, ['name']))));
    expect(await full.compare()).toEqual([]);
    const announced = full.changes.map(({ type: kind, after }) => `${kind} ${String(after?.['name'])}`);
    expect(new Set(announced)).toEqual(new Set(tags.map(({ name }) => `added ${name}`)));
  });

  it('carries out nothing of a save behind its own rollback', async () => {
    for (let round = 0; round < 10; round++) {
      const tags = await dataSource.manager.save(Tag, [
        { name: `x${round}` },
        { name: `y${round}` },
        { name: `z${round}` },
      ]);
      mirror.commits.length = 0;
      const changed = tags.map((tag, index) => ({ ...tag, name: index === 0 ? 'taken' : `${tag.name} changed` }));
      await expect(dataSource.manager.save(Tag, changed)).rejects.toThrow(/unique|duplicate/i);
      expect(mirror.commits).toEqual([]);
      expect(await mirror.compare()).toEqual([]);
      expect(await dataSource.manager.findBy(Tag, { name: Like('%changed') })).toEqual([]);
    }
  });

  it('takes writes again through a runner whose rollback had failed', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    // Ended past TypeORM: on SQLite its own ROLLBACK now fails.
    await runner.query('ROLLBACK');
    await runner.rollbackTransaction();
    await runner.startTransaction();
    await runner.manager.update(Author, 1, { name: 'again' });
    await runner.commitTransaction();
    await runner.release();
    expect(names()).toEqual([['a', 'again']]);
  });

  it('commits and announces a write that its transaction did not wait for', async () => {
    await dataSource.transaction((manager) => {
      void manager.update(Author, 1, { name: 'not awaited' });
      return Promise.resolve();
    });
    expect(names()).toEqual([['a', 'not awaited']]);
    expect(await mirror.compare()).toEqual([]);
  });

  it('reports a gap when the rows cannot be read after they were written, and commits or fails, never both', async () => {
    const gaps: string[] = [];
    mirror.source.listen({ onCommit: () => undefined, onGap: ({ entity }) => gaps.push(entity) });
    const path = dataSource.driver.escape('author');
    const written = dataSource.transaction(async (manager) => {
      await manager.insert(Author, { name: 'c' });
      // Nothing that the capture reads is there any more.
      await manager.query(`ALTER TABLE ${path} RENAME TO ${dataSource.driver.escape('gone')}`);
    });
    const outcome = await written.then(() => 'committed', String);
    // On PostgreSQL the failed read has aborted the transaction, and the writer hears of it.
    const isUndone = type === 'postgres';
    expect(outcome).toMatch(isUndone ? /relation .* does not exist/ : 'committed');
    expect(gaps).toEqual(type === 'better-sqlite3' ? ['Author'] : []);
    const table = isUndone ? 'author' : 'gone';
    expect(await dataSource.query(`SELECT name FROM ${table} WHERE name = 'c'`)).toHaveLength(isUndone ? 0 : 1);
    // MariaDB has committed before it renamed the table.
    expect(mirror.take()).toEqual(type === 'mariadb' ? ['added Author 3'] : []);
  });
});
