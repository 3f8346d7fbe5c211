// Memory's judgement and the image's are the database's, for every type of column, whatever drivers and transformers make of
// its values. Rows are written as SQL, past TypeORM: what it would never write is there too.

import fc from 'fast-check';
import { Column, Entity, In, IsNull, LessThan, LessThanOrEqual, MoreThan, MoreThanOrEqual, Not, PrimaryColumn, type ColumnOptions, type DataSource } from 'typeorm'; // prettier-ignore
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Image } from '../../libs/jira/src/core/changes/change.js';
import { changesOf } from '../../libs/jira/src/commits/capture/net-change.js';
import { TrackedTable, type RawRow } from '../../libs/jira/src/commits/capture/tracked-table.js';
import { askDatabase } from '../../libs/jira/src/typeorm/query/judge-images.js';
import { mayJudge, type Comparing } from '../../libs/jira/src/typeorm/query/memory-rules.js';
import { compileVisibility } from '../../libs/jira/src/typeorm/query/row-predicate.js';
import { describeEachDatabase, type DatabaseType, type Extras } from '../support/databases.js';

const RUNS = Number(process.env['JIRA_FUZZ_RUNS'] ?? 150);

/** Loses the last digit, and that there was no value. */
const LOSSY = { from: (value: number | null) => (value === null ? 0 : Math.floor(value / 10) * 10), to: (value: unknown) => value }; // prettier-ignore

interface Tried {
  readonly options: ColumnOptions;
  /** As SQL. */
  readonly stored: readonly string[];
  /** As a condition names them. */
  readonly sought: readonly unknown[];
  /** What memory judges, at least in UTC. */
  readonly judged: readonly Comparing[];
  /** Whether `<` is asked of it too. @default true */
  readonly isOrdered?: boolean;
}

const quoted = (texts: readonly string[]): string[] => texts.map((text) => `'${text.replaceAll("'", "''")}'`);
const text = (options: ColumnOptions, judged: readonly Comparing[], texts: readonly string[] = ['a', 'A', 'a ', 'á', 'ß', '', 'ab']): Tried => ({ options, stored: quoted(texts), sought: texts, judged }); // prettier-ignore

const DATES = ['2024-03-01 00:00:00', '2024-03-01 00:00:00.123', '2024-11-03 01:30:00', '2024-03-10 03:00:00', '1969-12-31 23:59:59.999']; // prettier-ignore
const SOUGHT_DATES = ['2024-03-01T00:00:00Z', '2024-03-01T00:00:00.123Z', '2024-11-03T08:30:00Z', '2024-11-03T09:30:00Z', '2024-11-03T01:30:00Z', '1969-12-31T23:59:59.999Z'].map((date) => new Date(date)); // prettier-ignore
const DAYS = ['2024-02-29', '2024-03-01', '2024-12-31', '2025-01-01'];
const LARGE = ['9007199254740991', '9007199254740992', '9007199254740993', '-9223372036854775808', '768307168896768800', '768307168896768769', '5']; // prettier-ignore
const UUIDS = ['6f9619ff-8b86-4011-b42d-00c04fc964ff', '6F9619FF-8B86-4011-B42D-00C04FC964FE', '00000000-0000-4000-8000-00000000000a']; // prettier-ignore
const WHOLE: readonly Comparing[] = ['equality', 'order'];

const EVERYWHERE: Readonly<Record<string, Tried>> = {
  big: { options: { type: 'bigint' }, stored: LARGE, sought: [...LARGE, 5, 5n], judged: WHOLE },
  int: { options: { type: Number }, stored: ['0', '1', '-1', '2147483647'], sought: [0, 1, 2, -1, '2147483647'], judged: WHOLE }, // prettier-ignore
  lossy: { options: { type: Number, transformer: LOSSY }, stored: ['0', '10', '12', '15'], sought: [0, 10, 12, 15], judged: WHOLE }, // prettier-ignore
  double: { options: { type: 'double precision' }, stored: ['0.1', '0.30000000000000004', '0.3', '9007199254740993', '1e300'], sought: [0.1, 0.3, 0.30000000000000004, 9007199254740992, 1e300], judged: WHOLE }, // prettier-ignore
  text: text({ type: String, length: 20 }, ['equality', 'order', 'text'], ['a', 'A', 'a ', 'á', 'ß', 'ss', '', '😀', '\uFF5E', '\uFFFD']), // prettier-ignore
  day: { options: { type: 'date' }, stored: quoted(DAYS), sought: DAYS, judged: ['equality', 'order', 'part'] },
  uid: { ...text({ type: 'uuid' }, ['equality'], UUIDS), isOrdered: false },
};

const DECIMAL: Tried = {
  options: { type: 'decimal', precision: 30, scale: 2 },
  stored: ['12345678901234567.89', '12345678901234567.90', '1', '1.10', '-0.01'],
  sought: ['12345678901234567.89', '12345678901234567.90', 1, '1.1', 1.1, '1.101'],
  judged: [],
};
const dates = (options: ColumnOptions, more: readonly string[] = []): Tried => ({ options, stored: quoted([...DATES, ...more]), sought: SOUGHT_DATES, judged: ['equality', 'order', 'part'] }); // prettier-ignore

const ON: Readonly<Record<DatabaseType, Readonly<Record<string, Tried>>>> = {
  'better-sqlite3': {
    flag: { options: { type: Boolean }, stored: ['0', '1', '2', "'yes'"], sought: [true, false], judged: ['equality'], isOrdered: false }, // prettier-ignore
    odd: { options: { type: 'integer' }, stored: [...LARGE, '1.5', "'x'"], sought: [...LARGE, 1.5, 5, 1], judged: WHOLE }, // prettier-ignore
    cut: { options: { type: Number }, stored: ['1.5', '1', '1e30', '9007199254740993'], sought: [1, 1.5, '9007199254740993', '9007199254740992'], judged: WHOLE }, // prettier-ignore
    numeric: { options: { type: 'numeric' }, stored: LARGE, sought: LARGE, judged: [] },
    at: dates({ type: Date }, ['2024-03-01T00:00:00Z', '2024-03-01 00:00:00.123456', '2024-03-01 00:00', '2024-03-01']), // prettier-ignore
    character: text({ type: 'character', length: 5 }, ['equality', 'order', 'text']),
    bytes: { options: { type: 'blob' }, stored: ["x'00ff'", "x'00'", "x''"], sought: [Buffer.from([0, 255]), Buffer.from([0])], judged: ['equality'] }, // prettier-ignore
  },
  postgres: {
    flag: { options: { type: Boolean }, stored: ['true', 'false'], sought: [true, false], judged: ['equality'] },
    decimal: DECIMAL,
    at: dates({ type: Date }, ['2024-03-01 00:00:00.123456', 'infinity', '-infinity']),
    zoned: dates({ type: 'timestamp with time zone' }, ['2024-03-01 00:00:00.123456', 'infinity']),
    forever: { options: { type: 'date' }, stored: quoted([...DAYS, 'infinity', '10000-01-01', '0044-03-15 BC']), sought: [...DAYS, '10000-01-01'], judged: ['equality', 'order', 'part'] }, // prettier-ignore
    utc: { options: { type: 'date', utc: true }, stored: quoted(DAYS), sought: DAYS, judged: ['equality', 'order', 'part'] }, // prettier-ignore
    single: { options: { type: 'real' }, stored: ['0.1', '16777217', '0.5'], sought: [0.1, 16777216, 16777217, 0.5], judged: [] }, // prettier-ignore
    character: text({ type: 'char', length: 5 }, []),
    level: { options: { type: 'enum', enum: ['a', 'B', 'c'] }, stored: quoted(['a', 'B', 'c']), sought: ['a', 'B', 'c'], judged: ['equality', 'order', 'text'] }, // prettier-ignore
    bytes: { options: { type: 'bytea' }, stored: [`'\\x00ff'`, `'\\x00'`], sought: [Buffer.from([0, 255]), Buffer.from([0])], judged: ['equality'] }, // prettier-ignore
    time: { options: { type: 'time' }, stored: quoted(['10:00:00', '10:00:00.123456', '24:00:00']), sought: ['10:00:00', '10:00:00.123456'], judged: [] }, // prettier-ignore
    span: { options: { type: 'interval' }, stored: quoted(['1 day', '24 hours', '1.234567 seconds']), sought: ['1 day', '1.234567 seconds'], judged: [] }, // prettier-ignore
    price: { options: { type: 'money' }, stored: quoted(['$1.00', '$1000.10']), sought: ['$1.00', '$1,000.10'], judged: [] }, // prettier-ignore
    bits: { options: { type: 'bit', length: 3 }, stored: ["B'101'", "B'001'"], sought: ['101', '001'], judged: [] },
    list: { options: { type: 'int', array: true }, stored: ["'{1,2}'", "'{2,1}'", "'{}'"], sought: [], judged: [] },
  },
  mariadb: {
    flag: { options: { type: Boolean }, stored: ['0', '1', '2'], sought: [true, false], judged: ['equality'], isOrdered: false }, // prettier-ignore
    decimal: DECIMAL,
    unsigned: { options: { type: 'bigint', unsigned: true }, stored: ['18446744073709551615', '18446744073709551614', '5'], sought: ['18446744073709551615', '18446744073709551614', 5], judged: WHOLE }, // prettier-ignore
    at: dates({ type: Date, precision: 6 }, ['2024-03-01 00:00:00.123456']),
    stamp: { ...dates({ type: 'timestamp', precision: 6 }), stored: quoted([...DATES.slice(0, 3), '2024-03-01 00:00:00.123456']) }, // prettier-ignore
    utc: { options: { type: 'date', utc: true }, stored: quoted(DAYS), sought: DAYS, judged: ['equality', 'order', 'part'] }, // prettier-ignore
    single: { options: { type: 'float' }, stored: ['0.1', '16777217', '0.5'], sought: [0.1, 16777216, 16777217, 0.5], judged: [] }, // prettier-ignore
    character: text({ type: 'char', length: 5 }, ['equality', 'order', 'text']),
    level: { options: { type: 'enum', enum: ['a', 'B', 'c'] }, stored: quoted(['a', 'B', 'c']), sought: ['a', 'A', 'B', 'c'], judged: ['equality', 'order', 'text'] }, // prettier-ignore
    bytes: { options: { type: 'varbinary', length: 5 }, stored: ["x'00ff'", "x'00'", "x'61'"], sought: [Buffer.from([0, 255]), Buffer.from('a')], judged: ['equality'] }, // prettier-ignore
    time: { options: { type: 'time', precision: 6 }, stored: quoted(['10:00:00', '10:00:00.123456', '-01:00:00']), sought: ['10:00:00', '10:00:00.123456'], judged: [] }, // prettier-ignore
    year: { options: { type: 'year' }, stored: ['2024', '1999'], sought: [2024, 1999], judged: WHOLE },
  },
};

/** Where the process is, and how the driver reads dates. */
const SETTINGS = [
  { zone: 'UTC', extras: {} },
  { zone: 'America/Los_Angeles', extras: {} },
  { zone: 'America/Los_Angeles', extras: { timezone: 'Z' } as Extras },
  { zone: 'Asia/Tokyo', extras: {} },
];

for (const { zone, extras } of SETTINGS) {
  describeEachDatabase(`what is stored, judged in ${zone} ${JSON.stringify(extras)}`, ({ type, open }) => {
    const tried = { ...EVERYWHERE, ...ON[type] };
    const home = process.env['TZ'];
    let dataSource: DataSource;
    let table: TrackedTable;
    let images: Image[];

    @Entity('row')
    class Row {
      @PrimaryColumn({ type: Number }) id: number;
    }
    for (const [name, { options }] of Object.entries(tried))
      Column({ nullable: true, ...options })(Row.prototype, name);

    beforeAll(async () => {
      process.env['TZ'] = zone;
      dataSource = await open([Row], extras);
      table = new TrackedTable(dataSource, dataSource.getMetadata(Row));
      const escape = dataSource.driver.escape.bind(dataSource.driver);
      const count = Math.max(...Object.values(tried).map(({ stored }) => stored.length)) + 1;
      for (let id = 0; id < count; id++) {
        const values = Object.values(tried).map(({ stored }) => stored[id] ?? 'NULL');
        const names = Object.keys(tried).map(escape);
        await dataSource.query(`INSERT INTO ${escape('row')} (${['id', ...names].join(', ')}) VALUES (${[id, ...values].join(', ')})`); // prettier-ignore
      }
      const rows: RawRow[] = await dataSource.query(`SELECT ${table.selection} FROM ${escape('row')} ORDER BY id`);
      images = rows.flatMap((row) => changesOf({ table, before: null, after: row }, 'default').map(({ after }) => after as Image)); // prettier-ignore
      expect(images).toHaveLength(count);
    });
    afterAll(() => {
      if (home === undefined) delete process.env['TZ'];
      else process.env['TZ'] = home;
    });

    const condition = fc.constantFrom(...Object.keys(tried)).chain((name) => {
      const { sought, isOrdered = true } = tried[name];
      if (sought.length === 0) return fc.constant({ [name]: IsNull() });
      const value = fc.constantFrom(...sought);
      const ordered = [LessThan, LessThanOrEqual, MoreThan, MoreThanOrEqual].map((operator) => value.map((one) => operator(one))); // prettier-ignore
      const one = fc.oneof(
        value,
        fc.array(value, { minLength: 1, maxLength: 3 }).map((all) => In(all)),
        fc.constant(IsNull()),
        ...(isOrdered ? ordered : []),
      );
      return fc.tuple(one, fc.boolean()).map(([operator, isNot]) => ({ [name]: isNot ? Not(operator) : operator }));
    });

    it('alike', async () => {
      const metadata = dataSource.getMetadata(Row);
      const judge = async (where: object): Promise<void> => {
        const predicate = compileVisibility(metadata, where);
        const query = dataSource.manager.createQueryBuilder(Row, 'row').select('row.id', 'id');
        predicate.apply(query, 'row');
        const found = new Set((await query.getRawMany<{ id: unknown }>()).map(({ id }) => Number(id)));
        const asked = await askDatabase(dataSource.manager, predicate, images);
        const shown = fc.stringify(where);
        expect([...asked].toSorted((a, b) => a - b), `from images: ${shown}`).toEqual([...found].toSorted((a, b) => a - b)); // prettier-ignore
        const told = images.map((image, id) => [id, predicate.matches(image)] as const).filter(([, verdict]) => verdict !== undefined); // prettier-ignore
        expect(told, `from memory: ${shown}`).toEqual(told.map(([id]) => [id, found.has(id)]));
        // No channel that is found by an equality misses a row.
        const missed = [...predicate.equalities].flatMap(([path, values]) => [...found].filter((id) => !values.map(String).includes(String(images[id]?.[path])))); // prettier-ignore
        expect(missed, `by its index: ${shown}`).toEqual([]);
      };
      await fc.assert(fc.asyncProperty(condition, judge), { numRuns: RUNS });
    });

    it('from memory, wherever that is exact', () => {
      for (const [name, { judged }] of Object.entries(tried)) {
        const column = dataSource.getMetadata(Row).findColumnWithPropertyName(name);
        const isLocal = name === 'at' || name === 'stamp' ? zone !== 'UTC' && type !== 'better-sqlite3' && !(type === 'mariadb' && 'timezone' in extras) : false; // prettier-ignore
        const found = (['equality', 'order', 'text', 'part'] as const).filter((one) => column && mayJudge(column, one));
        expect([name, found]).toEqual([name, isLocal ? [] : judged]);
      }
    });
  });
}
