import { AsyncResource } from 'node:async_hooks';
import { Column, DataSource, Entity, PrimaryGeneratedColumn, type EntitySubscriberInterface } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { committingRunner, installSqliteLeases, runInTransactionOf } from './sqlite-leases.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', unique: true })
  text: string;
}

describe('installSqliteLeases', () => {
  let dataSource: DataSource;

  beforeEach(async () => {
    dataSource = new DataSource({ type: 'better-sqlite3', database: ':memory:', entities: [Note], synchronize: true });
    await dataSource.initialize();
    installSqliteLeases(dataSource, { lockTimeoutMs: 1_000 });
  });
  afterEach(() => dataSource.destroy());

  // Created outside any transaction: it runs work like other code of the application.
  const outside = new AsyncResource('outside');
  const save = (text: string) => dataSource.getRepository(Note).save({ text });
  const texts = async () =>
    (await dataSource.getRepository(Note).find({ order: { id: 'ASC' } })).map(({ text }) => text);

  it('keeps a save out of a foreign transaction that rolls back', async () => {
    const rolledBack = dataSource.transaction(async (manager) => {
      await manager.save(Note, { text: 'lost' });
      await new Promise(setImmediate);
      throw new Error('undo');
    });
    const saved = save('kept');
    await expect(rolledBack).rejects.toThrow('undo');
    await saved;
    expect(await texts()).toEqual(['kept']);
  });

  it('does not show rows of an open transaction to others', async () => {
    let read: Promise<string[]> | undefined;
    await dataSource.transaction(async (manager) => {
      await manager.save(Note, { text: 'a' });
      read = outside.runInAsyncScope(texts);
      await manager.update(Note, { text: 'a' }, { text: 'b' });
    });
    expect(await read).toEqual(['b']);
  });

  it('lets repository calls inside of a transaction callback join it', async () => {
    const failed = dataSource.transaction(async () => {
      await save('joined');
      expect(await texts()).toEqual(['joined']);
      throw new Error('undo');
    });
    await expect(failed).rejects.toThrow('undo');
    expect(await texts()).toEqual([]);
  });

  it('keeps nested transactions that run at the same time apart', async () => {
    await dataSource.transaction(async () => {
      const outcomes = await Promise.allSettled(
        ['a', 'b', 'c', 'd'].map((text, index) =>
          dataSource.transaction(async (inner) => {
            await inner.save(Note, { text });
            await new Promise(setImmediate);
            await save(`${text}2`);
            if (index % 2 === 1) throw new Error('undo');
          }),
        ),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    });
    expect(await texts()).toEqual(['a', 'a2', 'c', 'c2']);
  });

  it('lets a nested transaction use the manager of the outer one', async () => {
    await dataSource.transaction(async (outer) => {
      await dataSource.transaction(async () => {
        await outer.save(Note, { text: 'a' });
      });
    });
    expect(await texts()).toEqual(['a']);
  });

  it('joins a transaction that was begun by hand where the work says so', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runInTransactionOf(runner, () => save('a'));
    await runner.rollbackTransaction();
    await runner.release();
    expect(await texts()).toEqual([]);
  });

  it('ends a wait that is too long with LOCK_TIMEOUT, and goes on when the holder does', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    const start = performance.now();
    await expect(save('a')).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    // The wait happened once, and not again for the rollback of the transaction that could not begin.
    expect(performance.now() - start).toBeLessThan(1_900);
    await runner.commitTransaction();
    await save('b');
    expect(await texts()).toEqual(['b']);
  });

  it('rolls an open transaction back when its runner is released', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.manager.save(Note, { text: 'a' });
    await runner.manager.transaction((inner) => inner.save(Note, { text: 'b' }));
    await runner.release();
    expect(await texts()).toEqual([]);
  });

  it('keeps the turn through a transaction that was begun with SQL', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.query('BEGIN');
    const saved = save('kept');
    await runner.query(`INSERT INTO note (text) VALUES ('lost')`);
    await runner.query('ROLLBACK');
    await runner.release();
    await saved;
    expect(await texts()).toEqual(['kept']);
  });

  it('stores on its own what nobody awaited until the transaction was over', async () => {
    let late: Promise<unknown> | undefined;
    let isOver!: () => void;
    const over = new Promise<void>((resolve) => (isOver = resolve));
    await dataSource.transaction(async (manager) => {
      await manager.save(Note, { text: 'a' });
      late = over.then(() => save('late'));
    });
    isOver();
    await late;
    expect(await texts()).toEqual(['a', 'late']);
  });

  it('lets a subscriber write through the data source within the transaction that it hears of', async () => {
    const subscriber: EntitySubscriberInterface<Note> = {
      listenTo: () => Note,
      afterInsert: async ({ entity }) => {
        if (entity.text === 'a') await dataSource.getRepository(Note).insert({ text: 'audit' });
      },
    };
    dataSource.subscribers.push(subscriber);
    await save('a');
    expect(await texts()).toEqual(['a', 'audit']);
  });

  it('frees the connection after a failed COMMIT and after a failed statement', async () => {
    await save('a');
    await expect(save('a')).rejects.toThrow('UNIQUE');
    await dataSource.query('CREATE TABLE child (parent INT REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED)');
    await expect(dataSource.transaction((manager) => manager.query('INSERT INTO child VALUES (99)'))).rejects.toThrow(
      'FOREIGN KEY',
    );
    await save('b');
    expect(await texts()).toEqual(['a', 'b']);
  });

  it('names the runner whose COMMIT counts', async () => {
    await dataSource.transaction(async (outer) => {
      const joined = dataSource.createQueryRunner();
      expect(committingRunner(joined)).toBe(outer.queryRunner);
    });
    const alone = dataSource.createQueryRunner();
    expect(committingRunner(alone)).toBe(alone);
  });

  it.each(['awaits', 'does not await'])(
    'lets a subscriber write in a transaction that it %s after a COMMIT',
    async (how) => {
      let isFirst = true;
      let written: Promise<unknown> | undefined;
      dataSource.subscribers.push({
        afterTransactionCommit: () => {
          if (!isFirst) return;
          isFirst = false;
          written = dataSource.transaction(async (manager) => {
            await manager.save(Note, { text: 'after' });
            await new Promise(setImmediate);
          });
          return how === 'awaits' ? written : undefined;
        },
      });
      const undone = dataSource.transaction(async (manager) => {
        await manager.save(Note, { text: 'lost' });
        await new Promise(setImmediate);
        throw new Error('undo');
      });
      await Promise.all([save('first'), save('second'), expect(undone).rejects.toThrow('undo')]);
      await written;
      expect((await texts()).toSorted()).toEqual(['after', 'first', 'second']);
    },
  );

  it('survives 200 mixed writers at once, works again after destroy and initialize', async () => {
    const expected = new Set<string>();
    const work = async (index: number): Promise<void> => {
      const text = `n${index}`;
      const kind = index % 6;
      if (kind !== 2) expected.add(text);
      if (kind === 0) return void (await save(text));
      if (kind === 1) return void (await dataSource.transaction((manager) => manager.insert(Note, { text })));
      if (kind === 2) {
        const doomed = dataSource.transaction(async (manager) => {
          await manager.save(Note, { text });
          await save(`${text}x`);
          throw new Error('undo');
        });
        await doomed.catch(() => undefined);
        return;
      }
      if (kind === 3) {
        await dataSource.transaction(async (manager) => {
          await manager.save(Note, { text });
          const inner = manager.transaction(async (nested) => {
            await nested.save(Note, { text: `${text}x` });
            throw new Error('undo');
          });
          await inner.catch(() => undefined);
        });
        return;
      }
      if (kind === 4) {
        const runner = dataSource.createQueryRunner();
        await runner.startTransaction();
        await runner.manager.save(Note, { text });
        await runner.commitTransaction();
        return runner.release();
      }
      await dataSource.getRepository(Note).insert({ text });
      await texts();
    };
    await dataSource.getRepository(Note).clear();
    await Promise.all(Array.from({ length: 200 }, (_, index) => work(index)));
    expect(new Set(await texts())).toEqual(expected);

    await dataSource.destroy();
    await dataSource.initialize();
    await Promise.all(Array.from({ length: 20 }, (_, index) => save(`again${index}`)));
    expect(await texts()).toHaveLength(20);
  }, 20_000);
});
