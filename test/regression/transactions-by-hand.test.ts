import { Column, Entity, PrimaryGeneratedColumn, type DataSource, type QueryRunner } from 'typeorm';
import { beforeEach, describe, expect, it } from 'vitest';
import { installSqliteLeases } from '../../libs/jira/src/commits/leases/sqlite-leases.js';
import { Mirror } from '../capture/support/mirror.js';
import { describeEachDatabase, type DatabaseType } from '../support/databases.js';
import { Note } from '../support/note.js';

@Entity()
class Other {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', length: 20 }) text: string;
}

const BEGINS: Readonly<Record<DatabaseType, readonly string[]>> = {
  'better-sqlite3': ['BEGIN', 'begin immediate', '-- now\nBEGIN TRANSACTION', 'SAVEPOINT outermost'],
  postgres: [
    'BEGIN', 'start transaction', '/* /* */ */ BEGIN ISOLATION LEVEL REPEATABLE READ',
    'BEGIN; UPDATE other SET text = text', 'BEGIN; COMMIT; BEGIN',
  ],
  mariadb: ['BEGIN', 'start transaction read write', '# now\nBEGIN WORK', 'SET autocommit=0', '/*! BEGIN */'],
}; // prettier-ignore

describeEachDatabase('A transaction that is begun by hand', ({ type, open }) => {
  let dataSource: DataSource;
  let mirror: Mirror;
  let runner: QueryRunner;
  const gaps: string[] = [];
  const stored = async (): Promise<string[]> =>
    (await dataSource.query<{ text: string }[]>('SELECT text FROM note ORDER BY id')).map(({ text }) => text);

  beforeEach(async () => {
    dataSource = await open([Note, Other]);
    installSqliteLeases(dataSource, { lockTimeoutMs: 2_000 });
    mirror = new Mirror(dataSource, ['Note']);
    gaps.length = 0;
    mirror.source.listen({ onCommit: () => undefined, onGap: ({ entity }) => gaps.push(entity) });
    runner = dataSource.createQueryRunner();
  });

  describe.each(BEGINS[type])('with %s', (begin) => {
    const commit = begin.startsWith('SAVEPOINT') ? 'RELEASE outermost' : 'COMMIT';

    it('is undone by a ROLLBACK, and nothing of it is told', async () => {
      await runner.query(begin);
      await runner.manager.insert(Note, { text: 'a' });
      await runner.manager.save(Note, { text: 'b' });
      await runner.manager.transaction((manager) => manager.save(Note, { text: 'c' }));
      await runner.query('ROLLBACK');
      await runner.manager.query(type === 'mariadb' ? 'SET autocommit=1' : 'SELECT 1');
      await runner.release();
      expect(await stored()).toEqual([]);
      expect(mirror.commits).toEqual([]);
      expect(await mirror.compare()).toEqual([]);
    });

    it('is told at its end, as one commit', async () => {
      await runner.query(begin);
      await runner.manager.insert(Note, { text: 'a' });
      await runner.manager.transaction((manager) => manager.save(Note, { text: 'b' }));
      await runner.manager
        .transaction(async (manager) => {
          await manager.save(Note, { text: 'undone' });
          throw new Error('no');
        })
        .catch(() => undefined);
      await runner.query('SAVEPOINT mine');
      await runner.manager.update(Note, { text: 'a' }, { text: 'z' });
      await runner.query('ROLLBACK TO SAVEPOINT mine');
      expect(mirror.commits).toEqual([]);
      await runner.query(commit);
      expect(mirror.take()).toEqual(['added Note 1', 'added Note 2']);
      await runner.manager.query(type === 'mariadb' ? 'SET autocommit=1' : 'SELECT 1');
      await runner.manager.save(Note, { text: 'after' });
      expect(mirror.changes).toMatchObject([{ after: { text: 'after' } }]);
      await runner.release();
      expect(await mirror.compare()).toEqual([]);
      expect(gaps).toEqual([]);
    });
  });

  it('leaves to TypeORM what TypeORM began', async () => {
    await dataSource.transaction(async (manager) => {
      await manager.insert(Note, { text: 'a' });
      await manager.query('COMMIT');
      expect(mirror.take()).toEqual(['added Note 1']);
      // Now outside of any transaction, though TypeORM believes to be in one.
      await manager.insert(Note, { text: 'b' });
      expect(mirror.take()).toEqual(['added Note 2']);
      await manager.query(type === 'better-sqlite3' ? 'BEGIN' : 'START TRANSACTION');
      await manager.insert(Note, { text: 'c' });
    });
    expect(mirror.take()).toEqual(['added Note 3']);
    await dataSource.transaction(async (manager) => {
      await manager.insert(Note, { text: 'd' });
      await manager.query('ROLLBACK');
      await manager.query(type === 'better-sqlite3' ? 'BEGIN' : 'START TRANSACTION');
    });
    expect(mirror.commits).toEqual([]);
    expect(await mirror.compare()).toEqual([]);
  });

  it('may be ended by TypeORM', async () => {
    for (const end of ['commitTransaction', 'rollbackTransaction'] as const) {
      await runner.query('BEGIN');
      await runner.manager.insert(Note, { text: end });
      await runner[end]();
      expect(runner.isTransactionActive).toBe(false);
    }
    expect(await stored()).toEqual(['commitTransaction']);
    await runner.manager.save(Note, { text: 'next' });
    await runner.release();
    expect(await mirror.compare()).toEqual([]);
  });

  it('works through the data source where one connection serves all of it', async () => {
    await runner.release();
    for (const end of ['ROLLBACK', 'COMMIT']) {
      await dataSource.query('BEGIN');
      await dataSource.manager.insert(Note, { text: end });
      await dataSource.getRepository(Note).update({ text: end }, { text: `${end}!` });
      await dataSource.query(end);
    }
    expect(await stored()).toEqual(['COMMIT!']);
    await dataSource.manager.save(Note, { text: 'next' });
    expect(mirror.changes).toMatchObject([{ after: { text: 'COMMIT!' } }, { after: { text: 'next' } }]);
    expect(await mirror.compare()).toEqual([]);
  });

  it('is chained', async () => {
    if (type === 'better-sqlite3') return;
    await runner.query('BEGIN');
    await runner.manager.insert(Note, { text: 'a' });
    await runner.query('COMMIT AND CHAIN');
    expect(mirror.take()).toEqual(['added Note 1']);
    await runner.manager.insert(Note, { text: 'b' });
    await runner.query('ROLLBACK AND CHAIN');
    await runner.manager.insert(Note, { text: 'c' });
    await runner.query('COMMIT');
    await runner.release();
    expect(await stored()).toEqual(['a', 'c']);
    expect(mirror.changes).toMatchObject([{ after: { text: 'c' } }]);
    expect(await mirror.compare()).toEqual([]);
  });

  it('is committed by what MariaDB commits before it', async () => {
    if (type !== 'mariadb') return;
    for (const statement of ['CREATE TABLE x (id INT)', 'BEGIN', 'SET autocommit=1', 'TRUNCATE other', 'LOCK TABLES other READ, note WRITE']) {
      await runner.query('BEGIN');
      await runner.manager.insert(Note, { text: statement.slice(0, 20) });
      await runner.query(statement);
      const isCommitted = statement !== 'SET autocommit=1';
      expect(mirror.take()).toHaveLength(isCommitted ? 1 : 0);
      await runner.query(statement.startsWith('LOCK') ? 'UNLOCK TABLES' : 'ROLLBACK');
    } // prettier-ignore
    await runner.query('BEGIN');
    await runner.manager.insert(Note, { text: 'fails' });
    await expect(runner.query('CREATE TABLE x (id INT)')).rejects.toThrow('exists');
    await runner.query('ROLLBACK');
    expect(await stored()).toContain('fails');
    expect(gaps).toEqual(['Note']); // told as it is: nobody knows, so all fetch again
    await runner.query('BEGIN');
    await runner.manager.insert(Note, { text: 'stays open' });
    await expect(runner.query('ALTER TABEL x')).rejects.toThrow('syntax');
    await runner.query('COMMIT');
    expect(mirror.changes).toMatchObject([{ after: { text: 'stays open' } }]);
    await runner.query('SET autocommit=0');
    await runner.manager.insert(Note, { text: 'on' });
    await runner.query('SET autocommit=1');
    expect(mirror.changes).toHaveLength(2);
    await runner.release();
  });

  it('is told as a gap where its end cannot be known', async () => {
    if (type !== 'postgres') return;
    await runner.query('BEGIN');
    await runner.manager.insert(Note, { text: 'a' });
    await runner.query(`PREPARE TRANSACTION 'x'`).catch(() => undefined); // refused where none may be prepared
    const [{ max }] = await dataSource.query<[{ max: string }]>(`SHOW max_prepared_transactions`).then((rows) => [{ max: Object.values(rows[0])[0] }]); // prettier-ignore
    expect(gaps).toEqual(max === '0' ? [] : ['Note']);
    expect(mirror.commits).toEqual([]);
    await runner.query('ROLLBACK');
    await runner.query('BEGIN');
    await runner.manager.insert(Note, { text: 'b' });
    await expect(runner.query('SELECT nothing')).rejects.toThrow('nothing');
    await runner.query('END'); // answered with ROLLBACK
    await runner.release();
    expect(await stored()).toEqual([]);
    expect(mirror.commits).toEqual([]);
  });
});
