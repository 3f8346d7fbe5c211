// Whatever a client puts where a value belongs, the database's words never reach it, on each database.

import { Expose } from 'class-transformer';
import { Allow } from 'class-validator';
import fc from 'fast-check';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { Hook, ModelHook } from 'nestjs-jira';
import type { AnswerFrame, Method } from 'nestjs-jira-protocol';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 400);

@Entity({ name: 'zz_secret_table' })
class Thing {
  @PrimaryGeneratedColumn() id: number;
  @Column({ name: 'zz_label', length: 20 }) @Index('zz_label_index', { unique: true }) label: string;
  @Column({ name: 'zz_count', type: 'smallint', default: 0 }) count: number;
  @Column({ name: 'zz_price', type: 'decimal', precision: 6, scale: 2, default: 0 }) price: string;
  @Column({ name: 'zz_day', type: 'date', nullable: true }) day: string | null;
  @Column({ name: 'zz_done', default: false }) isDone: boolean;
  @Column({ name: 'zz_parent', nullable: true }) parentId: number | null;
  @ManyToOne(() => Thing, { nullable: true })
  @JoinColumn({ name: 'zz_parent', foreignKeyConstraintName: 'zz_parent_key' })
  parent: Relation<Thing> | null;
}

/** Takes anything: here the database is the only judge. */
class AnyThing {
  @Allow() label: unknown;
  @Allow() count: unknown;
  @Allow() price: unknown;
  @Allow() day: unknown;
  @Allow() isDone: unknown;
  @Allow() parentId: unknown;
}

class ThingView {
  @Expose() id: number;
}

const LOOKUPS = {
  label: ['exact', 'in', 'icontains', 'startswith', 'isnull'],
  count: ['exact', 'in', 'gte', 'range'],
  price: ['exact', 'lt', 'range'],
  day: ['exact', 'gte', 'year'],
  isDone: ['exact'],
  parentId: ['exact', 'in', 'isnull'],
  parent__label: ['exact', 'icontains'],
} as const;

@Hook('things')
class ThingHook extends ModelHook<Thing> {
  entity = Thing;
  createInput = AnyThing;
  output = ThingView;
  filterFields = LOOKUPS as never;
  orderingFields = ['id', 'label', 'price'];
  searchFields = ['label'];
}

const FIELDS = ['label', 'count', 'price', 'day', 'isDone', 'parentId'];

const nasty = fc.constantFrom<unknown>(
  null, true, '', ' ', 'x'.repeat(30), '\u0000', 'a\u0000b', '\ud800', '😀'.repeat(6), "'", "''; DROP TABLE zz_secret_table; --", '\\', '%', '"', '`', '$1', '?', ':p',
  0, -0, -1, 1.5, 32_768, 2_147_483_648, 9_007_199_254_740_992, 1e308, -1e308, '99999999999999999999', '1e400', 'NaN', 'Infinity', '0x1F',
  '2024-02-31', '0000-00-00', '10000-01-01', 'infinity', 'now', '2024-01-01T00:00:00Z', 'true', 'maybe', [], [[]], {}, { a: 1 }, [1, 'two', null], { toString: 1 }, { '0': 'x' },
); // prettier-ignore
const value = fc.oneof({ weight: 4, arbitrary: nasty }, fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'binary' }));

const call = fc.oneof(
  fc.record({
    action: fc.constantFrom<readonly [string, Method]>(['create', 'POST'], ['update', 'PUT'], ['update', 'PATCH']),
    query: fc.record({ pk: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, value) }),
    data: fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 4 }),
  }),
  fc.record({
    action: fc.constantFrom<readonly [string, Method]>(['retrieve', 'GET'], ['destroy', 'DELETE']),
    query: fc.record({ pk: fc.oneof(fc.integer({ min: 2 }), value) }),
  }),
  fc.record({
    action: fc.constantFrom<readonly [string, Method]>(['list', 'GET'], ['subscribe', 'SUBSCRIPTION']),
    query: fc.dictionary(
      fc.constantFrom(
        ...Object.entries(LOOKUPS).flatMap(([field, lookups]) => lookups.flatMap((lookup) => [`${field}__${lookup}`, `${field}__${lookup}!`])),
        'ordering', 'search', 'page', 'page_size', '$or', 'pk',
      ),
      value,
      { minKeys: 1, maxKeys: 3 },
    ),
  }),
); // prettier-ignore

/** Names of tables, columns and constraints, words of the three databases and of drivers, and where the code is. */
const LEAK =
  /zz_|SELECT |INSERT |UPDATE [`"]|DELETE FROM|SQLITE|syntax|constraint|QueryFailed|violates|duplicate (key|entry)|Incorrect \w+ value|Data truncat|Data too long|out of range for|out-of-range|value too long|invalid (input|byte)|encoding|ER_[A-Z]+|errno|sqlState|relation "|column "|node_modules|at \w+ \(|\.[jt]s:\d+/i;

interface Refusal {
  readonly message: string;
  readonly errors?: Readonly<Record<string, readonly string[]>>;
}

/** Without the keys that the client itself sent: they may come back. */
function wordsOf({ message, errors = {} }: Refusal): string {
  return [message, ...Object.values(errors).flat()].join('\n');
}

describeEachDatabase('what a database cannot take', ({ options }) => {
  it('moves no value to another column, and compares none', async () => {
    await using app = await createTestApp({
      entities: [Thing],
      providers: [ThingHook],
      database: await options([Thing]),
    });
    await app.dataSource.manager.save(Thing, { label: 'first', price: '1' });
    const client = await app.connect(1);
    const write = (data: object) => client.call('things', 'update', 'PATCH', { query: { pk: 1 }, data });
    // better-sqlite3 takes a list for several parameters, mysql2 writes an object as a comparison.
    expect(await write({ label: ['moved', 7], count: [] })).toMatchObject({
      status: 400,
      data: {
        code: 'VALIDATION_FAILED',
        errors: { label: ['Must be a single value.'], count: ['Must be a single value.'] },
      },
    });
    expect(await write({ isDone: { zz_price: 1 } })).toMatchObject({
      status: 400,
      data: { errors: { isDone: [expect.any(String)] } },
    });
    expect(await app.dataSource.manager.find(Thing)).toMatchObject([
      { label: 'first', count: 0, isDone: false, parentId: null },
    ]);
  });

  it('is refused in words of our own, never as a failure of the server', async () => {
    await using app = await createTestApp({
      entities: [Thing],
      providers: [ThingHook],
      database: await options([Thing]),
    });
    await app.dataSource.manager.save(Thing, { label: 'first' });
    const client = await app.connect(1);
    const kinds: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(call, async ({ action: [action, method], ...rest }) => {
        const requestId = `f${Math.random().toString(36).slice(2)}`;
        const answer: AnswerFrame = await client.call('things', action, method, { requestId, ...rest });
        if (action === 'subscribe' && answer.status < 400)
          await client.call('things', 'unsubscribe', 'SUBSCRIPTION', { data: { target: requestId } });
        const { status, data } = answer;
        const { code = 'ok' } = (status >= 400 ? data : {}) as { code?: string };
        kinds[code] = (kinds[code] ?? 0) + 1;
        expect(wordsOf(status < 400 ? { message: '' } : (data as Refusal))).not.toMatch(LEAK);
      }),
      { numRuns: RUNS },
    );
    // Whatever it was, the client was to blame, and was told so by more than one code.
    expect(Object.keys(kinds)).toEqual(expect.arrayContaining(['ok', 'VALIDATION_FAILED', 'UNPROCESSABLE']));
    expect(kinds).not.toHaveProperty('INTERNAL');
    process.stdout.write(`${app.dataSource.options.type}: ${JSON.stringify(kinds)}\n`);
  });
});
