// What a write costs in statements: nothing more for an entity nobody watches, one locked read and one batched for others, unless it returns its rows.

import type { DataSource, EntityManager } from 'typeorm';
import { beforeEach, expect, it } from 'vitest';
import { installSqliteLeases } from '../../libs/jira/src/commits/leases/sqlite-leases.js';
import { describeEachDatabase } from '../support/databases.js';
import { Author, LIBRARY, Seat } from './support/library.js';
import { Mirror } from './support/mirror.js';

const ROWS = 1_200;
/** Rows that one statement reads by their keys. */
const READ_AT_ONCE = 500;

describeEachDatabase('The cost of a write', ({ type, open }) => {
  let dataSource: DataSource;
  let statements: string[] = [];

  /** The first words of the statements that the work sends. */
  const sent = async (work: (manager: EntityManager) => Promise<unknown>): Promise<string[]> => {
    statements = [];
    await work(dataSource.manager);
    return statements.map((sql) => /^\w+/.exec(sql)?.[0] ?? sql);
  };

  beforeEach(async () => {
    dataSource = await open(LIBRARY);
    // By their ends: TypeORM logs a COMMIT before its subscribers are told of it, and the reads before it.
    dataSource.subscribers.push({ afterQuery: ({ query }) => void statements.push(query) });
    installSqliteLeases(dataSource);
    const { source } = new Mirror(dataSource, ['Author']);
    source.assertAttached();
    const names = Array.from({ length: ROWS }, (_, index) => ({ name: `n${index % 2}` }));
    await dataSource.manager.insert(Author, names);
    await dataSource.manager.insert(Seat, { row: 1, letter: 'A' });
  });

  it('is one statement for an entity that nobody watches', async () => {
    expect(await sent((m) => m.update(Seat, { row: 1 }, { guest: 'g' }))).toEqual(['UPDATE']);
    expect(await sent((m) => m.insert(Seat, { row: 2, letter: 'A' }))).toEqual(['INSERT']);
    expect(await sent((m) => m.delete(Seat, { row: 2 }))).toEqual(['DELETE']);
  });

  it('is a read before and, where nothing is returned, a read after for one that is watched, in a transaction of its own', async () => {
    const [begin] = await sent((m) => m.transaction(() => Promise.resolve()));
    // PostgreSQL returns the rows as it leaves them; MariaDB does of what it inserts, and nothing there brings back a deleted row.
    const [returnsUpdates, keepsDeleted] = [type === 'postgres', type !== 'better-sqlite3'];
    const one = [begin, 'SELECT', 'UPDATE', ...(returnsUpdates ? [] : ['SELECT']), 'COMMIT'];
    expect(await sent((m) => m.update(Author, 7, { name: 'x' }))).toEqual(one);
    const lock = statements.filter((sql) => sql.includes(type === 'postgres' ? 'FOR NO KEY UPDATE' : 'FOR UPDATE'));
    expect(lock).toHaveLength({ 'better-sqlite3': 0, postgres: 1, mariadb: 2 }[type]);
    const half = ROWS / 2;
    const reads = Array.from({ length: Math.ceil(half / READ_AT_ONCE) }, () => 'SELECT');
    const many = [begin, 'SELECT', 'UPDATE', ...(returnsUpdates ? [] : reads), 'COMMIT'];
    expect(await sent((m) => m.update(Author, { name: 'n0' }, { name: 'y' }))).toEqual(many);
    expect(await sent((m) => m.delete(Author, { name: 'y' }))).toEqual([
      begin,
      'SELECT',
      'DELETE',
      ...(keepsDeleted ? [] : reads),
      'COMMIT',
    ]);
  });

  it('is one batched read for all writes of a transaction', async () => {
    const words = await sent((m) =>
      m.transaction(async (inner) => {
        for (let id = 2; id <= 20; id += 2) await inner.update(Author, id, { name: `z${id}` });
      }),
    );
    expect(words.filter((word) => word === 'SELECT')).toHaveLength(10 + (type === 'postgres' ? 0 : 1));
  });
});
