// Reads of a large table enter its indexes: the rows that the database touches are about those of the page.

import { Column, Entity, Index, PrimaryGeneratedColumn, type DataSource, type Logger } from 'typeorm';
import { beforeAll, expect, it } from 'vitest';
import { EVERYTHING, type Filter, type Ordering } from '../../libs/jira/src/policy/filtering/filter.js';
import { dialectOf } from '../../libs/jira/src/commits/dialect/dialects.js';
import { compileVisibility } from '../../libs/jira/src/typeorm/query/row-predicate.js';
import { TypeOrmStore } from '../../libs/jira/src/typeorm/store/typeorm-store.js';
import { describeEachServer } from '../support/databases.js';

@Entity({ name: 'plan_row' })
@Index(['createdAt', 'id'])
@Index(['score', 'id'])
class Row {
  @PrimaryGeneratedColumn() id: number;
  @Column() createdAt: Date;
  @Column() score: number;
  @Index() @Column({ length: 60 }) title: string;
}

const ROWS = 100_000;
/** What a page may cost, whatever the table holds. */
const MOST_TOUCHED = 2_000;

/** Keeps the reads that are sent. */
class Recorder implements Logger {
  readonly sent: [string, unknown[]][] = [];
  logQuery(query: string, parameters: unknown[] = []): void {
    if (query.startsWith('SELECT')) this.sent.push([query, parameters]);
  }
  readonly logQueryError = (): void => undefined;
  readonly logQuerySlow = (): void => undefined;
  readonly logSchemaBuild = (): void => undefined;
  readonly logMigration = (): void => undefined;
  readonly log = (): void => undefined;
}

describeEachServer('the plans of reads', ({ type, open }) => {
  const recorder = new Recorder();

  let dataSource: DataSource;
  let store: TypeOrmStore<Row>;

  beforeAll(async () => {
    dataSource = await open([Row], { poolSize: 1, logging: ['query'], logger: recorder });
    // Each score is had by ten rows; the last thousand rows are of 2027.
    await (type === 'postgres'
      ? dataSource.query(
          `INSERT INTO plan_row ("createdAt", score, title) SELECT timestamp '2026-01-01' + n * interval '1 minute' + CASE WHEN n > 99000 THEN interval '1 year' ELSE interval '0' END, n / 10, 'row ' || md5(n::text) FROM generate_series(1, ${ROWS}) n`,
        )
      : dataSource.query(
          `INSERT INTO plan_row (createdAt, score, title) SELECT '2026-01-01' + INTERVAL seq MINUTE + INTERVAL IF(seq > 99000, 1, 0) YEAR, seq DIV 10, CONCAT('row ', MD5(seq)) FROM seq_1_to_${ROWS}`,
        ));
    if (type === 'postgres') {
      await dataSource.query('CREATE INDEX ON plan_row (title text_pattern_ops)');
      await dataSource.query('CREATE EXTENSION pg_trgm');
      await dataSource.query('CREATE INDEX ON plan_row USING gin (title gin_trgm_ops)');
      await dataSource.query('ANALYZE plan_row');
    } else await dataSource.query('ANALYZE TABLE plan_row');
    await dialectOf(dataSource).prepare((sql) => dataSource.query(sql));
    const metadata = dataSource.getMetadata(Row);
    store = new TypeOrmStore<Row>(dataSource.manager, metadata, compileVisibility(metadata, true));
  });

  /** Rows that the database touched for the reads which `read` sends. */
  async function touched(read: () => Promise<unknown>): Promise<number> {
    if (type === 'mariadb') {
      const reads = async (): Promise<number> => {
        const status: { Value: string }[] = await dataSource.query(`SHOW SESSION STATUS LIKE 'Handler_read%'`);
        return status.reduce((sum, { Value }) => sum + Number(Value), 0);
      };
      const before = await reads();
      await read();
      return (await reads()) - before;
    }
    recorder.sent.length = 0;
    await read();
    let total = 0;
    for (const [query, parameters] of recorder.sent) {
      const [explained] = await dataSource.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${query}`, parameters);
      total += rowsOf((explained as { 'QUERY PLAN': { Plan: Plan }[] })['QUERY PLAN'][0].Plan);
    }
    return total;
  }

  const seek = async (ordering: readonly Ordering[]): Promise<void> => {
    const middle = { kind: 'term', path: ['id'], lookup: 'exact', value: ROWS / 2 } as const satisfies Filter;
    const [found] = await store.seek({ filter: middle, ordering, limit: 1 });
    const from = { cursor: found?.cursor ?? [], side: 'after', isInclusive: false } as const;
    recorder.sent.length = 0;
    expect(await store.seek({ filter: EVERYTHING, ordering, limit: 16 }, from)).toHaveLength(16);
  };

  it.each([
    ['a date, descending', [{ path: ['createdAt'], direction: 'desc' }]],
    ['a date, ascending', [{ path: ['createdAt'], direction: 'asc' }]],
    ['a number that rows share', [{ path: ['score'], direction: 'desc' }]],
  ] as const)('of a cursor page in the middle, by %s', async (_, ordering) => {
    expect(await touched(() => seek(ordering))).toBeLessThan(MOST_TOUCHED);
  });

  it('of a text that begins with another, in the right case alone', async () => {
    const begins = (value: string): Filter => ({ kind: 'term', path: ['title'], lookup: 'startswith', value });
    const read = async (): Promise<void> => {
      expect(await store.count(begins('row c4ca'))).toBeGreaterThan(0);
      expect(await store.count(begins('Row c4ca'))).toBe(0);
    };
    expect(await touched(read)).toBeLessThan(MOST_TOUCHED);
  });

  it.runIf(type === 'postgres').each(['icontains', 'istartswith', 'iendswith', 'iexact'] as const)(
    'of texts without case, by trigrams: %s',
    async (lookup) => {
      const value = lookup === 'icontains' ? 'C4CA42' : 'Row C4CA4238A0B923820DCC509A6F75849B';
      const filter: Filter = { kind: 'term', path: ['title'], lookup, value };
      const read = async (): Promise<void> => {
        expect(await store.count(filter)).toBe(1);
      };
      expect(await touched(read)).toBeLessThan(MOST_TOUCHED);
    },
  );

  it('of the rows of a year', async () => {
    const inYear: Filter = { kind: 'term', path: ['createdAt'], lookup: 'year', value: 2027 };
    const read = async (): Promise<void> => {
      expect(await store.count(inYear)).toBe(1_000);
    };
    expect(await touched(read)).toBeLessThan(MOST_TOUCHED);
  });
});

interface Plan {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** The rows that the leaves of a plan read, whether they were of use or not. */
function rowsOf({ Plans: inner = [], ...plan }: Plan): number {
  const own = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  return inner.length === 0 ? own : inner.reduce((sum, one) => sum + rowsOf(one), 0);
}
