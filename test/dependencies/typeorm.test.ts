// What the library uses of TypeORM beyond its types: each name is there, does what we rely on, and is missed at boot.

import {
  Column,
  DataSource,
  DeleteQueryBuilder,
  Entity,
  InsertQueryBuilder,
  ManyToOne,
  PrimaryGeneratedColumn,
  UpdateQueryBuilder,
  type EntitySubscriberInterface,
} from 'typeorm';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import { Broadcaster } from 'typeorm/subscriber/Broadcaster.js';
import { BroadcasterResult } from 'typeorm/subscriber/BroadcasterResult.js';
import { QueryExpressionMap } from 'typeorm/query-builder/QueryExpressionMap.js';
import { SoftDeleteQueryBuilder } from 'typeorm/query-builder/SoftDeleteQueryBuilder.js';
import { BaseQueryRunner } from 'typeorm/query-runner/BaseQueryRunner.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertTypeOrm } from '../../libs/jira/src/commits/assert-typeorm.js';
import {
  aroundTransactions,
  beforeDestroy,
  bindRunner,
  depthOf,
  escapeParameters,
  expressionMapOf,
  hasUuidType,
  lazyPromiseOf,
  lazyValueName,
  insertedColumns,
  replaceRunners,
  runnerOf,
  selectAsBuilder,
  setDepth,
  setTransactionActive,
  shareStatements,
  statementsOf,
  withBroadcasts,
  writeBuilderPrototypes,
  type WriteBuilder,
} from '../../libs/jira/src/commits/typeorm-internals.js';
import { SAVE_STEPS } from '../../libs/jira/src/commits/typeorm-persistence.js';
import { createTestApp } from '../../libs/jira/src/testing/test-app.js';
import { describeEachDatabase } from '../support/databases.js';
import { hide, installed, messageOf } from './hide.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', name: 'body' })
  text: string;
}

async function openSqlite(subscribers: EntitySubscriberInterface[] = []): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [Note],
    synchronize: true,
  });
  await dataSource.initialize();
  dataSource.subscribers.push(...subscribers);
  return dataSource;
}

/** Where each name is hidden. */
type Hiding = readonly [name: string, holder: (dataSource: DataSource) => object];

const methods = (builder: { readonly name: string; readonly prototype: object }, ...names: string[]): Hiding[] =>
  names.map((name) => [`${builder.name}.${name}`, () => builder.prototype]);

const SELECTING = ['createCteExpression', 'createWhereExpression', 'replacePropertyNamesForTheWholeQuery'];
const ORDERED = ['createOrderByExpression', 'createLimitExpression'];
const TOLD =
  'queryType mainAlias valuesSet wheres parameters orderBys limit whereEntities onIgnore onUpdate ' +
  'locallyGenerated joinAttributes havings groupBys take skip offset returning';
/** TypeORM 0.3 inserts no selected rows. */
const insertFromSelect = 'valuesFromSelect' in InsertQueryBuilder.prototype ? ['insertFromSelect'] : [];

const HIDINGS: readonly Hiding[] = [
  ...methods(InsertQueryBuilder, 'execute', 'getParameters', 'getInsertedColumns'),
  ...methods(UpdateQueryBuilder, 'execute', 'getParameters', ...SELECTING, ...ORDERED),
  ...methods(DeleteQueryBuilder, 'execute', 'getParameters', ...SELECTING),
  ...methods(SoftDeleteQueryBuilder, 'execute', 'getParameters', ...SELECTING, ...ORDERED),
  ...SAVE_STEPS.flatMap(([step, method]) => methods(step, method)),
  ...methods(QueryExpressionMap, ...TOLD.split(' '), ...insertFromSelect),
  ...['transactionDepth', 'isTransactionActive'].map((name): Hiding => [`QueryRunner.${name}`, () => BaseQueryRunner.prototype]), // prettier-ignore
  ['QueryRunner.stmtCache', (dataSource) => dataSource.createQueryRunner()],
  ...methods(Broadcaster, 'broadcastBeforeTransactionCommitEvent', 'broadcastAfterInsertEvent'),
  ['Driver.createQueryRunner', ({ driver }) => driver],
  ['Driver.databaseConnection', ({ driver }) => driver],
  ['Driver.escapeQueryWithParameters', ({ driver }) => driver],
  ['EntityManager.transaction', ({ manager }) => manager],
  ['DataSource.createEntityManager', (dataSource) => dataSource],
  ['DataSource.destroy', (dataSource) => dataSource],
  ['MysqlDriver.uuidColumnTypeSuported', ({ driver }) => driver],
];

/** Not all databases have all names; what the constructor of a runner sets is hidden before it is made. */
async function openFor(name: string): Promise<DataSource> {
  if (name.startsWith('MysqlDriver')) return new DataSource({ type: 'mariadb', entities: [Note] });
  const isPostgres = name.endsWith('.returning') || /QueryRunner\.(transactionDepth|isTransactionActive)/.test(name);
  return isPostgres ? new DataSource({ type: 'postgres', entities: [Note] }) : openSqlite();
}

@Entity()
class Leaf {
  @PrimaryGeneratedColumn() id: number;
  @ManyToOne(() => Leaf, { lazy: true }) parent: Promise<Leaf | null>;
}

describe('Without a name that the library uses of TypeORM', () => {
  it.each(HIDINGS)('%s, the boot says so in one sentence', async (name, holderOf) => {
    const member = name.slice(name.indexOf('.') + 1);
    const dataSource = await openFor(name);
    const restore = hide(holderOf(dataSource), member);
    const message = messageOf(() => assertTypeOrm(dataSource));
    restore();
    if (dataSource.isInitialized) await dataSource.destroy();
    expect(message).toBe(
      `ConfigurationError: ${installed('typeorm')} lacks ${name}, which nestjs-jira needs: install typeorm ^0.3.25 || ^1.1.1.`,
    );
  });

  it('a query that does not wait for its subscribers, as in 1.1.0, the boot says so', async () => {
    const runners = BetterSqlite3QueryRunner.prototype;
    const ran: string[] = [];
    const dataSource = await openSqlite();
    const stock = Object.getOwnPropertyDescriptor(runners, 'query') ?? {};
    runners.query = async function (sql: string) {
      this.broadcaster.broadcastBeforeQueryEvent(new BroadcasterResult(), sql, []);
      ran.push(sql);
      return Promise.resolve();
    };
    const message = messageOf(() => assertTypeOrm(dataSource));
    Object.defineProperty(runners, 'query', stock);
    await dataSource.destroy();
    expect(message).toBe(
      `ConfigurationError: ${installed('typeorm')} lacks a QueryRunner.query() that waits for subscribers, which nestjs-jira needs: install typeorm ^0.3.25 || ^1.1.1.`,
    );
    expect(ran).toEqual([]);
  });

  it('an application does not boot', async () => {
    const restore = hide(UpdateQueryBuilder.prototype, 'createWhereExpression');
    const booted = createTestApp({ entities: [Note], hooks: [] });
    await expect(booted.finally(restore)).rejects.toThrow(
      `${installed('typeorm')} lacks UpdateQueryBuilder.createWhereExpression, which nestjs-jira needs:`,
    );
  });
});

describeEachDatabase('The installed TypeORM', ({ type, open }) => {
  it('has every name that the library uses', async () => {
    const dataSource = await open([Note]);
    expect(messageOf(() => assertTypeOrm(dataSource))).toBeUndefined();
    expect(hasUuidType(dataSource.driver)).toBe(type === 'mariadb' ? true : undefined);
  });

  it('selects the rows of a builder, in its own order and up to its limit', async () => {
    const dataSource = await open([Note]);
    await dataSource.manager.insert(Note, [{ text: 'a' }, { text: 'b' }, { text: 'b' }]);
    const builder = dataSource.createQueryBuilder().update(Note).set({ text: 'c' }).where('text = :it', { it: 'b' });
    const path = dataSource.driver.escape('note');
    const [sql, values] = escapeParameters(
      dataSource,
      selectAsBuilder(builder, `SELECT id FROM ${path}`, ' ORDER BY id DESC'),
      builder.getParameters(),
    );
    expect(await dataSource.query(sql, values)).toEqual([{ id: 3 }, { id: 2 }]);
  });

  it('counts transactions and savepoints', async () => {
    const dataSource = await open([Note]);
    const runner = dataSource.createQueryRunner();
    const depths = [depthOf(runner)];
    await runner.startTransaction();
    depths.push(depthOf(runner));
    await runner.startTransaction();
    depths.push(depthOf(runner));
    await runner.rollbackTransaction();
    depths.push(depthOf(runner));
    await runner.rollbackTransaction();
    await runner.release();
    expect(depths).toEqual([0, 1, 2, 1]);
  });
});

describe('The installed TypeORM', () => {
  let dataSource: DataSource;
  const seen: string[] = [];
  beforeEach(async () => {
    seen.length = 0;
    dataSource = await openSqlite();
  });
  afterEach(async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
  });

  it('writes in execute() of four builders, whatever the application calls', async () => {
    const stock = writeBuilderPrototypes().map((prototype) => [prototype, prototype.execute] as const);
    for (const [prototype, execute] of stock)
      prototype.execute = function () {
        seen.push(expressionMapOf(this).queryType);
        return execute.call(this);
      };
    const notes = dataSource.getRepository(Note);
    const note = await notes.save({ text: 'a' }, { transaction: false });
    await notes.save({ ...note, text: 'b' }, { transaction: false });
    await notes.upsert({ id: 1, text: 'c' }, ['id']);
    await notes.remove(note);
    for (const [prototype, execute] of stock) prototype.execute = execute;
    expect(seen).toEqual(['insert', 'update', 'insert', 'delete']);
  });

  it('writes by the runner that a builder is bound to, and by its own again afterwards', async () => {
    const builder = dataSource.createQueryBuilder().insert().into(Note).values({ text: 'a' });
    const write = builder as unknown as WriteBuilder;
    const runner = dataSource.createQueryRunner();
    expect(runnerOf(write)).toBeUndefined();
    bindRunner(write, runner);
    expect(runnerOf(write)).toBe(runner);
    bindRunner(write, undefined);
    expect(runnerOf(write)).toBeUndefined();
    expect(insertedColumns(write).map(({ propertyName }) => propertyName)).toContain('text');
    await builder.execute();
    expect(await dataSource.manager.count(Note)).toBe(1);
  });

  it('writes what the expression map says when it is executed', async () => {
    await dataSource.manager.insert(Note, [{ text: 'a' }, { text: 'b' }]);
    const builder = dataSource.createQueryBuilder().update(Note).set({ text: 'c' }).where('1 = 1');
    expressionMapOf(builder).wheres = [{ type: 'simple', condition: 'id = :only' }];
    expressionMapOf(builder).parameters = { only: 2 };
    await builder.execute();
    expect((await dataSource.manager.find(Note)).map(({ text }) => text)).toEqual(['a', 'c']);
  });

  it('calls listeners and subscribers by the broadcaster, around which code can be put', async () => {
    let inside = 0;
    replaceRunners(dataSource.driver, (stock) => {
      const Runner = withBroadcasts(stock, (_runner, call) => {
        inside++;
        try {
          return call();
        } finally {
          inside--;
        }
      });
      return () => new Runner(dataSource.driver);
    });
    dataSource.subscribers.push({
      afterInsert: () => void seen.push(`insert ${inside}`),
      beforeTransactionCommit: () => void seen.push(`commit ${inside}`),
      beforeQuery: ({ query }) => void (query.startsWith('INSERT') && seen.push(`query ${inside}`)),
    });
    await dataSource.getRepository(Note).save({ text: 'a' });
    expect(seen).toEqual(['query 0', 'insert 1', 'commit 1']);
  });

  it('keeps what it is told of the depth and the state of a transaction', () => {
    const runner = dataSource.createQueryRunner();
    setDepth(runner, 3);
    setTransactionActive(runner, true);
    expect([depthOf(runner), runner.isTransactionActive]).toEqual([3, true]);
    setDepth(runner, 0);
    setTransactionActive(runner, false);
  });

  it('keeps what a lazy relation is loading beside its property', async () => {
    const whole = new DataSource({ type: 'better-sqlite3', database: ':memory:', entities: [Leaf], synchronize: true });
    await whole.initialize();
    const leaf = whole.getMetadata(Leaf).create(whole.createQueryRunner()) as Leaf;
    expect(Object.getOwnPropertyDescriptor(leaf, 'parent')).toHaveProperty('get');
    expect(lazyPromiseOf(leaf, 'parent')).toBeUndefined();
    const parent = Promise.resolve(null);
    leaf.parent = parent;
    expect(lazyPromiseOf(leaf, 'parent')).toBe(parent);
    const merged = whole.manager.merge(Leaf, whole.manager.create(Leaf), { [lazyValueName('parent')]: { id: 7 } });
    expect(await merged.parent).toMatchObject({ id: 7 });
    await whole.destroy();
  });

  it('prepares statements into the map it is given', async () => {
    const statements = new Map<string, unknown>();
    const runner = dataSource.createQueryRunner();
    shareStatements(runner, statements);
    await runner.query('SELECT 1');
    expect([...statements.keys()]).toEqual(['SELECT 1']);
    expect(statementsOf(runner)).toBe(statements);
  });

  it('runs callbacks of transactions of all managers where they are put', async () => {
    aroundTransactions(dataSource, (runner, call) => {
      seen.push(`depth ${depthOf(runner)}`);
      return call();
    });
    await dataSource.transaction('SERIALIZABLE', (manager) => manager.transaction(() => Promise.resolve()));
    expect(seen).toEqual(['depth 1', 'depth 2']);
  });

  it('does the work before it is destroyed, once', async () => {
    beforeDestroy(dataSource, () => {
      seen.push(`open ${dataSource.isInitialized}`);
      return Promise.resolve();
    });
    await dataSource.destroy();
    await dataSource.initialize();
    await dataSource.destroy();
    expect(seen).toEqual(['open true']);
  });
});
