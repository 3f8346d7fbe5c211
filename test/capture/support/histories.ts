// Random histories: several actors write at the same time, in nested transactions that commit, fail or roll back.

import fc from 'fast-check';
import {
  InsertQueryBuilder,
  type EntityManager,
  type DataSource,
  In,
  MoreThan,
  TypeORMError,
  type QueryRunner,
} from 'typeorm';
import { runInTransactionOf } from '../../../libs/jira/src/commits/leases/sqlite-leases.js';
import { Label, Seat, Task } from './oracle-entities.js';

export interface Write {
  readonly write: keyof typeof WRITES;
  readonly a: number;
  readonly b: number;
}
export interface Transaction {
  readonly steps: readonly Step[];
  /** How it ends: `commit` passes on an error inside, `swallow` ignores it, `abort` throws after the last step. */
  readonly end: 'commit' | 'swallow' | 'abort';
  readonly isByHand: boolean;
}
export type Step = Write | Transaction;
export type History = readonly (readonly Step[])[];

type Writer = (manager: EntityManager, a: number, b: number) => Promise<unknown>;

const name = (value: number): string => `n${value}`;
const pick = async (manager: EntityManager, index: number, withDeleted = false): Promise<Task | undefined> => {
  const tasks = await manager.find(Task, { order: { id: 'ASC' }, withDeleted });
  return tasks[index % Math.max(tasks.length, 1)];
};
const labelOf = (value: number): string => `l${value % 3}`;

/** Every way in which TypeORM writes. `a` and `b` choose rows and values. */
const WRITES = {
  'save new': (m, a) => m.save(Task, { name: name(a) }),
  'save several new': (m, a, b) =>
    m.save([m.create(Task, { name: name(a) }), m.create(Task, { name: name(b) }), m.create(Task, {})]),
  'save in chunks': (m, a, b) => m.save(Task, [{ points: a }, { points: b }, { name: null }], { chunk: 2 }),
  'save changed': async (m, a, b) => {
    const task = await pick(m, a);
    if (task) await m.save(Object.assign(task, { points: b }));
  },
  'save several changed': async (m, a, b) => {
    const tasks = await m.find(Task, { order: { id: 'ASC' }, take: 3 });
    await m.save(tasks.map((task) => Object.assign(task, { points: a + b })));
  },
  'save partial': async (m, a, b) => {
    const task = await pick(m, a);
    if (task) await m.save(Task, { id: task.id, points: b });
  },
  'save unchanged': async (m, a) => {
    const task = await pick(m, a);
    if (task) await m.save(task);
  },
  'save without transaction': async (m, a, b) => {
    const tasks = await m.find(Task, { order: { id: 'ASC' }, take: 2 });
    await m.save([...tasks.map((task) => Object.assign(task, { points: b })), m.create(Task, { name: name(a) })], {
      transaction: false,
    });
  },
  'save without listeners': (m, a, b) =>
    m.save(Task, { name: name(a), points: b }, { listeners: false, reload: false }),
  'save with parent': async (m, a, b) => {
    const [child, parent] = [await pick(m, a), await pick(m, b)];
    if (child) await m.save(Object.assign(child, { parent: parent ?? null }));
  },
  'save with labels': async (m, a, b) => {
    const task = await m.findOne(Task, {
      where: { id: MoreThan(0) },
      order: { points: 'ASC', id: 'ASC' },
      relations: { labels: true },
    });
    const labels = await m.findBy(Label, { code: In([labelOf(a), labelOf(b)]) });
    if (task) await m.save(Object.assign(task, { labels }));
  },
  insert: (m, a, b) => m.insert(Task, { name: name(a), points: b }),
  'insert several': (m, a, b) => m.insert(Task, [{ name: name(a) }, { points: b }, {}]),
  'insert with and without key': (m, a) =>
    m.insert(Task, [{}, { id: 1_000_000 + Math.floor(Math.random() * 1e8) }, { points: a }]),
  'insert as select': (m, a) =>
    m
      .createQueryBuilder()
      .insert()
      .into(Task, ['points'])
      .valuesFromSelect((qb) => qb.select('weight').from(Label, 'l').where('weight >= :a', { a }))
      .execute(),
  'insert seat': (m, a, b) => m.insert(Seat, { row: a, letter: name(b) }),
  update: (m, a, b) => m.update(Task, { points: a }, { points: b }),
  'update many': (m, a, b) => m.update(Task, { points: MoreThan(a) }, { points: b }),
  'update to the same': (m, a) =>
    m
      .createQueryBuilder()
      .update(Label)
      .set({ weight: () => 'weight' })
      .where('weight > :a', { a })
      .execute(),
  'update all': (m, a) => m.updateAll(Seat, { guest: a }),
  'update unique': async (m, a, b) => {
    const task = await pick(m, a);
    if (task) await m.update(Task, task.id, { name: name(b) });
  },
  increment: (m, a, b) => m.increment(Task, { points: MoreThan(a) }, 'points', b),
  decrement: (m, a, b) => m.decrement(Label, { weight: MoreThan(a) }, 'weight', b),
  'update with builder': (m, a, b) =>
    m
      .createQueryBuilder()
      .update(Task)
      .set({ points: () => `points + ${b}` })
      .where('points = :a OR name = :name', { a, name: name(b) })
      .callListeners(false)
      .execute(),
  'update in its own transaction': (m, a, b) =>
    m
      .createQueryBuilder()
      .update(Task)
      .set({ points: b })
      .where({ name: name(a) })
      .useTransaction(true)
      .execute(),
  'move a key': (m, a, b) => m.update(Label, { code: labelOf(a) }, { code: labelOf(b) }),
  'move keys by expression': (m, a) =>
    m
      .createQueryBuilder()
      .update(Seat)
      .set({ row: () => '"row" + 10'.replaceAll('"', m.dataSource.driver.escape('"').charAt(0)) })
      .where('guest > :a', { a })
      .execute(),
  'upsert by name': (m, a, b) =>
    m.upsert(
      Task,
      [
        { name: name(a), points: b },
        { name: name(a + 1), points: b },
      ],
      ['name'],
    ),
  'upsert by key': (m, a, b) => m.upsert(Seat, { row: a, letter: name(b), guest: a }, ['row', 'letter']),
  'upsert a label': (m, a, b) => m.upsert(Label, [{ code: labelOf(a), weight: b }], ['code']),
  'insert or ignore': (m, a, b) =>
    m
      .createQueryBuilder()
      .insert()
      .into(Task)
      .values([{ name: name(a) }, { name: name(b), points: a }, {}])
      .orIgnore()
      .execute(),
  'insert or update': (m, a, b) =>
    m
      .createQueryBuilder()
      .insert()
      .into(Seat)
      .values([
        { row: a, letter: name(b), guest: b },
        { row: b, letter: name(a), guest: a },
      ])
      .orUpdate(['guest'], ['row', 'letter'])
      .execute(),
  'delete by criteria': (m, a) => m.delete(Task, { points: a }),
  'delete by id': async (m, a) => {
    const task = await pick(m, a, true);
    if (task) await m.delete(Task, task.id);
  },
  'delete composite': (m, a, b) => m.delete(Seat, { row: a, letter: name(b) }),
  'delete with builder': (m, a) => m.createQueryBuilder().delete().from(Label).where('weight < :a', { a }).execute(),
  remove: async (m, a) => {
    const task = await pick(m, a);
    if (task) await m.remove(task);
  },
  'remove several': async (m) => m.remove(await m.find(Seat, { take: 2 })),
  'soft delete': (m, a) => m.softDelete(Task, { points: a }),
  'soft remove': async (m, a) => {
    const task = await pick(m, a);
    if (task) await m.softRemove(task);
  },
  restore: (m, a) => m.restore(Task, { points: MoreThan(a) }),
  recover: async (m, a) => {
    const task = await pick(m, a, true);
    if (task) await m.recover(task);
  },
  'relation add': async (m, a, b) => {
    const task = await pick(m, a);
    if (task) await m.createQueryBuilder().relation(Task, 'labels').of(task).add(labelOf(b));
  },
  'relation remove': async (m, a, b) => {
    const task = await pick(m, a);
    if (task) await m.createQueryBuilder().relation(Task, 'labels').of(task).remove(labelOf(b));
  },
  'relation set': async (m, a, b) => {
    const [child, parent] = [await pick(m, a), await pick(m, b)];
    if (child)
      await m
        .createQueryBuilder()
        .relation(Task, 'parent')
        .of(child)
        .set(parent ? parent.id : null);
  },
} satisfies Record<string, Writer>;

const small = fc.integer({ min: 0, max: 4 });
/** TypeORM 0.3 cannot insert the rows of a select. */
const writes = (Object.keys(WRITES) as (keyof typeof WRITES)[]).filter(
  (write) => write !== 'insert as select' || 'valuesFromSelect' in InsertQueryBuilder.prototype,
);

const write: fc.Arbitrary<Write> = fc.record({
  write: fc.constantFrom(...writes),
  a: small,
  b: small,
});

const { step } = fc.letrec<{ step: Step; transaction: Transaction }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: write },
    { weight: 1, arbitrary: tie('transaction') },
  ),
  transaction: fc.record({
    steps: fc.array(tie('step'), { maxLength: 5 }),
    end: fc.constantFrom('commit', 'commit', 'swallow', 'abort'),
    isByHand: fc.boolean(),
  }),
}));

/** Up to four actors, with up to six steps each. */
export const histories: fc.Arbitrary<History> = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 4,
});

/** Runs all actors of a history at once. Refusals are expected, and ignored. */
export async function play(dataSource: DataSource, history: History): Promise<void> {
  // Wait for all of them, so that after a failure none goes on writing during the next history.
  const actors = await Promise.allSettled(
    history.map(async (steps) => {
      for (const one of steps) await run(dataSource.manager, one).catch(tolerate);
    }),
  );
  for (const actor of actors) if (actor.status === 'rejected') throw actor.reason;
}

/** Ignores planned errors and TypeORM's own: for some upserts on SQLite, or when PostgreSQL has aborted a transaction. */
function tolerate(error: unknown): void {
  if (error instanceof TypeORMError || (error instanceof Error && error.message === 'aborted')) return;
  throw error;
}

async function run(manager: EntityManager, one: Step): Promise<void> {
  if ('write' in one) return void (await (WRITES[one.write] as Writer)(manager, one.a, one.b));
  if (one.isByHand && !manager.queryRunner) return runByHand(manager.dataSource.createQueryRunner(), one);
  await manager.transaction((inner) => runSteps(inner, one));
}

async function runByHand(runner: QueryRunner, transaction: Transaction): Promise<void> {
  try {
    await runner.startTransaction();
    await runInTransactionOf(runner, () => runSteps(runner.manager, transaction));
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}

async function runSteps(manager: EntityManager, { steps, end }: Transaction): Promise<void> {
  for (const one of steps) {
    const done = run(manager, one);
    await (end === 'swallow' ? done.catch(tolerate) : done);
  }
  if (end === 'abort') throw new Error('aborted');
}
