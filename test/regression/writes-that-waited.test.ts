import { Column, DeleteDateColumn, Entity, PrimaryColumn, type DataSource } from 'typeorm';
import { expect, it, vi } from 'vitest';
import { Mirror } from '../capture/support/mirror.js';
import { describeEachServer } from '../support/databases.js';

@Entity()
class Place {
  @PrimaryColumn({ type: 'int' }) id: number;
  @Column({ type: 'varchar', length: 20 }) name: string;
  @DeleteDateColumn() deletedAt: Date | null;
}

// MariaDB looks again only when nobody has asked for a tenth of a second.
const WAIT = { interval: 200, timeout: 10_000 };

describeEachServer('A write that waited for the row to be deleted and inserted again', ({ type, open }) => {
  const isWaiting = (dataSource: DataSource): Promise<unknown> =>
    vi.waitFor(async () => {
      const sql =
        type === 'postgres'
          ? `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
          : `SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'`;
      expect(await dataSource.query(sql)).not.toEqual([]);
    }, WAIT);

  const KINDS: Record<string, (dataSource: DataSource, place: Place) => Promise<unknown>> = {
    'save()': ({ manager }, place) => manager.save(Object.assign(place, { name: 'saved' })),
    'softRemove()': ({ manager }, place) => manager.softRemove(place),
    'remove()': ({ manager }, place) => manager.remove(place),
    'update()': ({ manager }) => manager.update(Place, 1, { name: 'updated' }),
    'softDelete()': ({ manager }) => manager.softDelete(Place, 1),
    'delete()': ({ manager }) => manager.delete(Place, 1),
  };

  it.each(Object.entries(KINDS))('is told as it was carried out: %s', async (_name, write) => {
    const dataSource = await open([Place]);
    const mirror = new Mirror(dataSource, ['Place']);
    await dataSource.manager.insert(Place, { id: 1, name: 'old' });
    const place = await dataSource.manager.findOneByOrFail(Place, { id: 1 });
    let written: Promise<unknown> = Promise.resolve();
    await dataSource.transaction(async (manager) => {
      await manager.delete(Place, 1);
      written = write(dataSource, place);
      await isWaiting(dataSource);
      await manager.insert(Place, { id: 1, name: 'new' });
    });
    await written;
    expect(await mirror.compare()).toEqual([]);
  });

  it('writes the new row when the entity names it', async () => {
    const dataSource = await open([Place]);
    const mirror = new Mirror(dataSource, ['Place']);
    await dataSource.manager.insert(Place, { id: 1, name: 'old' });
    const place = await dataSource.manager.findOneByOrFail(Place, { id: 1 });
    let saved: Promise<unknown> = Promise.resolve();
    await dataSource.transaction(async (manager) => {
      await manager.delete(Place, 1);
      saved = dataSource.manager.save(Object.assign(place, { name: 'saved' }));
      await isWaiting(dataSource);
      await manager.insert(Place, { id: 1, name: 'new' });
    });
    await saved;
    expect(await dataSource.manager.findOneByOrFail(Place, { id: 1 })).toMatchObject({ name: 'saved' });
    expect(await mirror.compare()).toEqual([]);
  });
});
