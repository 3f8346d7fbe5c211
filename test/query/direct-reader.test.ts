import fc from 'fast-check';
import {
  Column,
  DeleteDateColumn,
  Entity,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  VersionColumn,
  DataSource,
  QueryFailedError,
} from 'typeorm';
import { describe, expect, it } from 'vitest';
import type { Type } from '@nestjs/common';
import type { Filter, Ordering } from 'nestjs-jira';
import { describeEachDatabase, type Extras } from '../support/databases.js';
import { DirectReader } from '../../libs/jira/src/typeorm/direct/direct-reader.js';
import { installSqliteLeases } from '../../libs/jira/src/commits/leases/sqlite-leases.js';
import { compileVisibility } from '../../libs/jira/src/typeorm/query/row-predicate.js';
import { TypeOrmStore } from '../../libs/jira/src/typeorm/store/typeorm-store.js';

@Entity()
class Sample {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', nullable: true }) text: string | null;
  @Column({ type: 'integer', nullable: true }) whole: number | null;
  @Column({ type: 'float', nullable: true }) real: number | null;
  @Column({ type: 'boolean', nullable: true }) flag: boolean | null;
  @Column({ type: Date, nullable: true }) moment: Date | null;
  @Column({ type: 'simple-json', nullable: true }) json: unknown;
  @Column({ type: 'varchar', select: false, nullable: true }) hidden: string | null;
  @VersionColumn() version: number;
  @UpdateDateColumn() updatedAt: Date;
  @DeleteDateColumn() deletedAt: Date | null;
  greet(): string {
    return `I am ${this.id}`;
  }
}

/** Rows that refer to rows which may be absent or deleted. */
@Entity()
class Branch {
  @PrimaryColumn() id: number;
  @Column({ type: 'varchar', nullable: true }) name: string | null;
  @ManyToOne(() => Branch, { nullable: true, createForeignKeyConstraints: false }) parent: Branch | null;
  @DeleteDateColumn() deletedAt: Date | null;
}

const text = fc.constantFrom(null, '', ' ', 'a', 'A', 'ä', 'a ', '%', "o'neill", '5', 'null');
const moment = fc.constantFrom(
  null,
  new Date(0),
  new Date('2026-02-03T04:05:06.789Z'),
  new Date('2026-02-03T04:05:06Z'),
);
const sample = fc.record({
  text, moment, hidden: text,
  whole: fc.constantFrom(null, 0, 1, -1, 5, 2_147_483_647),
  real: fc.constantFrom(null, 0, 0.1, -2.5, 3),
  flag: fc.constantFrom(null, true, false),
  json: fc.constantFrom(null, { a: [1] }, [], 'x', 7),
  deletedAt: fc.constantFrom(null, null, null, new Date(1_000)),
}); // prettier-ignore

const term = (path: string, lookup: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<Filter> =>
  value.map((one) => ({ kind: 'term', path: [path], lookup, value: one }) as Filter);
const present = <T>(values: fc.Arbitrary<T | null>): fc.Arbitrary<T> =>
  values.filter((value) => value !== null) as fc.Arbitrary<T>;
const terms = fc.oneof(
  term('text', 'exact', present(text)),
  term('text', 'icontains', present(text)),
  term('text', 'in', fc.array(present(text), { maxLength: 3 })),
  term('whole', 'exact', fc.constantFrom(0, 1, 5, 2_147_483_647)),
  term('whole', 'gte', fc.constantFrom(-1, 1)),
  term('real', 'lt', fc.constantFrom(0.1, 3)),
  term('flag', 'exact', fc.boolean()),
  term('moment', 'exact', present(moment)),
  term('moment', 'lte', present(moment)),
  term('text', 'isnull', fc.boolean()),
);
const filters = fc.oneof(
  terms,
  fc.array(terms, { maxLength: 3 }).map((parts): Filter => ({ kind: 'and', filters: parts })),
  fc.array(terms, { maxLength: 3 }).map((parts): Filter => ({ kind: 'or', filters: parts })),
  terms.map((filter): Filter => ({ kind: 'not', filter })),
);
const orderings: fc.Arbitrary<Ordering[]> = fc.uniqueArray(
  fc.record({
    path: fc.constantFrom('text', 'whole', 'real', 'moment', 'id').map((name) => [name]),
    direction: fc.constantFrom('asc' as const, 'desc' as const),
  }),
  { maxLength: 2, selector: ({ path }) => path[0] },
);
const visibilities = fc.constantFrom<unknown>(true, { flag: true }, [{ whole: 1 }, { text: 'a' }], {
  moment: new Date(0),
});

const EVERY: Filter = { kind: 'and', filters: [] };

describeEachDatabase('Reading directly', ({ type, open: openWith }) => {
  const open = async (entities: Type<object>[], extras?: Extras): Promise<DataSource> => {
    const dataSource = await openWith(entities, extras);
    installSqliteLeases(dataSource);
    return dataSource;
  };

  const stores = (dataSource: DataSource, visibility: unknown, withDeleted: boolean) => {
    const metadata = dataSource.getMetadata(Sample);
    const direct = DirectReader.of(metadata, withDeleted);
    expect(direct).toBeInstanceOf(DirectReader);
    const visible = compileVisibility(metadata, visibility);
    return {
      fast: new TypeOrmStore<Sample>(dataSource.manager, metadata, visible, { direct, withDeleted }),
      slow: new TypeOrmStore<Sample>(dataSource.manager, metadata, visible, { withDeleted }),
    };
  };

  it('gives what TypeORM gives: rows, order, types, counts', async () => {
    const dataSource = await open([Sample]);
    let rows = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(sample, { minLength: 1, maxLength: 8 }), filters, orderings, visibilities, fc.boolean(), fc.nat(3), fc.nat(4),
        async (samples, filter, ordering, visibility, withDeleted, offset, limit) => {
          await dataSource.manager.createQueryBuilder().delete().from(Sample).execute();
          await dataSource.manager.insert(Sample, samples as never);
          const { fast, slow } = stores(dataSource, visibility, withDeleted);
          for (const one of [filter, EVERY]) {
            const query = { filter: one, ordering, offset, limit: limit === 0 ? undefined : limit };
            const found = await fast.find(query);
            rows += found.length;
            expect(found).toStrictEqual(await slow.find(query));
            const page = await fast.findAndCount(query);
            // A page past the end knows nothing of the rows before it.
            const counted = { rows: found, count: await slow.count(one) };
            expect(page ?? { ...counted, rows: [] }).toStrictEqual(counted);
          }
          expect(await fast.findOne(filter)).toStrictEqual(await slow.findOne(filter));
          expect(await fast.count(filter)).toBe(await slow.count(filter));
        },
      ),
      { numRuns: process.env['CI'] ? 500 : type === 'better-sqlite3' ? 100 : 40 },
    ); // prettier-ignore
    expect(rows).toBeGreaterThan(10);
  });

  it('sorts by related rows as TypeORM does, whichever of them are seen', async () => {
    const dataSource = await open([Branch]);
    const metadata = dataSource.getMetadata(Branch);
    const visible = compileVisibility(metadata, true);
    const branch = fc.record({
      name: text,
      parent: fc.constantFrom(null, { id: 0 }, { id: 1 }, { id: 2 }, { id: 9 }),
      deletedAt: fc.constantFrom(null, null, new Date(1_000)),
    });
    const related = fc.record({
      path: fc.constantFrom(['parent', 'name'], ['parent', 'id'], ['parent', 'parent', 'name'], ['name']),
      direction: fc.constantFrom('asc' as const, 'desc' as const),
      unrestricted: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(branch, { minLength: 3, maxLength: 8 }), fc.uniqueArray(related, { minLength: 1, maxLength: 3, selector: ({ path }) => path.join() }), fc.constantFrom<unknown>(true, { name: 'a' }, { parent: { name: 'a' } }), fc.nat(2),
        async (branches, ordering, seen, offset) => {
          await dataSource.manager.createQueryBuilder().delete().from(Branch).execute();
          await dataSource.manager.insert(Branch, branches.map((one, id) => ({ ...one, id })) as never);
          const sightOf = () => Promise.resolve(compileVisibility(metadata, seen).condition);
          const fast = new TypeOrmStore<Branch>(dataSource.manager, metadata, visible, { direct: DirectReader.of(metadata, false), sightOf });
          const slow = new TypeOrmStore<Branch>(dataSource.manager, metadata, visible, { sightOf });
          const query = { filter: EVERY, ordering, offset, limit: 5 };
          const rows = await slow.find(query);
          expect(await fast.find(query)).toStrictEqual(rows);
          expect((await fast.findAndCount(query))?.rows ?? []).toStrictEqual(rows);
        },
      ),
      { numRuns: type === 'better-sqlite3' ? 60 : 20 },
    ); // prettier-ignore
  });

  it('makes entities, not plain objects', async () => {
    const dataSource = await open([Sample]);
    await dataSource.manager.insert(Sample, { text: 'a' });
    const { fast } = stores(dataSource, true, false);
    const [row] = await fast.find({ filter: EVERY, ordering: [] });
    expect(row?.greet()).toBe(`I am ${row?.id}`);
  });

  it('reads nothing that may roll back: on SQLite it is left to TypeORM while a transaction has the connection', async () => {
    const dataSource = await open([Sample]);
    const { fast } = stores(dataSource, true, false);
    let begin = (): void => undefined;
    // Its continuation runs outside of the transaction: that is where it was made.
    const reading = new Promise<void>((resolve) => (begin = resolve)).then(() => fast.count(EVERY));
    await dataSource
      .transaction(async (manager) => {
        await manager.insert(Sample, { text: 'a' });
        begin();
        await new Promise<void>((resolve) => setImmediate(resolve));
        throw new Error('undo');
      })
      .catch(() => undefined);
    expect(await reading).toBe(0);
  });

  if (type === 'better-sqlite3') return;

  it('gives its connection back, whatever becomes of the query', async () => {
    const dataSource = await open([Sample], { poolSize: 1 });
    const { fast } = stores(dataSource, true, false);
    await dataSource.query(`ALTER TABLE sample ${type === 'postgres' ? 'RENAME TO' : 'RENAME'} elsewhere`);
    for (let i = 0; i < 3; i++) await expect(fast.count(EVERY)).rejects.toBeInstanceOf(QueryFailedError);
    await dataSource.query(`ALTER TABLE elsewhere ${type === 'postgres' ? 'RENAME TO' : 'RENAME'} sample`);
    expect(await fast.count(EVERY)).toBe(0);
  });

  const repeated = async () => {
    const dataSource = await open([Sample], { poolSize: 1 });
    const { fast } = stores(dataSource, true, false);
    await dataSource.manager.insert(Sample, { text: 'a' });
    const read = async (): Promise<unknown> => (await fast.findOne(EVERY))?.text;
    for (let i = 0; i < 8; i++) expect(await read()).toBe('a');
    return { dataSource, read };
  };

  it('goes on when a table is altered', async () => {
    const { dataSource, read } = await repeated();
    await dataSource.query(
      `ALTER TABLE sample ${type === 'postgres' ? 'ALTER COLUMN text TYPE text' : 'MODIFY text text'}`,
    );
    expect(await read()).toBe('a');
  });

  it.runIf(type === 'postgres')('goes on when the server forgets its statements', async () => {
    const { dataSource, read } = await repeated();
    const kept = await dataSource.query<object[]>('SELECT name FROM pg_prepared_statements');
    expect(kept).toHaveLength(1);
    await dataSource.query('DEALLOCATE ALL');
    expect(await read()).toBe('a');
  });
});

describe('entities that a plain select cannot read', () => {
  it('are left to TypeORM', async () => {
    @Entity()
    class Listening {
      @PrimaryGeneratedColumn() id: number;
      @Column({
        type: 'varchar',
        transformer: { from: (value: string) => value.toUpperCase(), to: (value: string) => value },
      })
      name: string;
    }
    const dataSource = await new DataSource({
      type: 'better-sqlite3',
      database: ':memory:',
      entities: [Listening, Sample],
      synchronize: true,
    }).initialize();
    const loud = await new DataSource({
      type: 'better-sqlite3',
      database: ':memory:',
      entities: [Sample],
      synchronize: true,
      logging: ['query'],
      logger: {
        logQuery() {},
        logQueryError() {},
        logQuerySlow() {},
        logSchemaBuild() {},
        logMigration() {},
        log() {},
      },
    }).initialize();
    try {
      expect(DirectReader.of(loud.getMetadata(Sample), false)).toBeUndefined(); // its queries are wanted in the log
      const reader = DirectReader.of(dataSource.getMetadata(Listening), false);
      installSqliteLeases(dataSource);
      await dataSource.manager.insert(Listening, { name: 'ada' });
      expect(reader?.find([], { ordering: [] })).toEqual([expect.objectContaining({ name: 'ADA' })]); // drivers hydrate transformers
      dataSource.subscribers.push({ afterLoad() {} });
      expect(reader?.find([], { ordering: [] })).toBeUndefined(); // somebody listens to loaded rows
    } finally {
      await dataSource.destroy();
      await loud.destroy();
    }
  });
});
