// Which orders are kept in memory on each database: as the database has them, without asking it.

import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Expose } from 'class-transformer';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { createClient } from 'nestjs-jira-client';
import { Hook, ReadOnlyModelHook } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Parcel {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ type: 'int' }) size: number;
  @Column({ type: 'bigint', nullable: true }) code: string | null;
  @Column({ type: 'boolean' }) isOpen: boolean;
  @Column({ type: 'decimal', precision: 10, scale: 2 }) price: string;
}
@Entity()
class Crate {
  @PrimaryColumn({ type: 'int' }) id: number;
  @Column({ type: 'bigint', nullable: true }) code: string | null;
  @Column({ type: 'boolean' }) isOpen: boolean;
  @Column({ type: 'decimal', precision: 10, scale: 2 }) price: string;
  @Column({ type: 'varchar', length: 1_200, default: 'm' }) label: string;
}
class ParcelView {
  @Expose() id: string;
}
class CrateView {
  @Expose() id: number;
}

// What is not counted is not counted again.
@Hook('parcels')
class ParcelHook extends ReadOnlyModelHook<Parcel> {
  entity = Parcel;
  output = ParcelView;
  override live = { count: false };
  override pageSize = 4;
  orderingFields = ['size'];
  override ordering = ['size'];
}
@Hook('crates')
class CrateHook extends ReadOnlyModelHook<Crate> {
  entity = Crate;
  output = CrateView;
  override live = { count: false };
  override pageSize = 4;
  orderingFields = ['code', 'isOpen', 'price', 'label'];
}

/** Kinds that memory orders. SQLite's driver reads numbers as large as the codes rounded, MariaDB sorts by the first 1,024 bytes. */
const SORTED = {
  'better-sqlite3': { uuid: true, code: false, isOpen: false, price: false, label: true },
  postgres: { uuid: true, code: true, isOpen: true, price: false, label: true },
  mariadb: { uuid: false, code: true, isOpen: false, price: false, label: false },
} as const;

const CODES = ['9007199254740993', '9007199254740992', '9007199254740994', '-9007199254740993', '10', '9', null];

describeEachDatabase('the order of a live list', ({ type, options }) => {
  it('is kept in memory for the kinds that memory orders as the database, and is right for all', async () => {
    await using app = await createTestApp({
      entities: [Parcel, Crate],
      providers: [ParcelHook, CrateHook],
      database: await options([]),
    });
    const { manager } = app.dataSource;
    const crate = (id: number) => ({ id, code: CODES[id % 7], isOpen: id % 3 === 0, price: `${id % 5}.5` }); // prettier-ignore
    await manager.insert(
      Crate,
      Array.from({ length: 21 }, (_, i) => crate(i)),
    );
    const parcel = (i: number) => ({ ...crate(i), id: randomUUID(), size: i % 2 });
    await manager.insert(
      Parcel,
      Array.from({ length: 21 }, (_, i) => parcel(i)),
    );
    let reads = 0;
    const onWindow = (message: unknown): void => {
      if ((message as { event: string }).event === 'read') reads++;
    };
    subscribe('nestjs-jira:window', onWindow);
    const jira = createClient(app.url, { auth: app.authOf(1) });
    const follow = async (hook: string, ordering: string, isKept: boolean): Promise<void> => {
      const request = () => jira.hook(hook).action('list', { query: { ordering } });
      let shown: unknown;
      const list = jira.listen(request(), (rows) => (shown = rows));
      await list.ready;
      const before = reads;
      const writes = ordering.endsWith('label') ? write.labels : write[hook as 'parcels' | 'crates'];
      await writes(ordering.startsWith('-'));
      const { results } = (await request()) as { results: unknown };
      await expect.poll(() => shown).toEqual(results);
      // Each write changes the page, so that it cannot be shown without a read that it needs.
      await expect.poll(() => isKept || reads > before).toBe(true);
      expect({ ordering, isRead: reads > before }).toEqual({ ordering, isRead: !isKept });
      list();
    };
    const write = {
      parcels: () => manager.insert(Parcel, [{ ...parcel(0), size: -1 }, { ...parcel(1), size: 9 }]), // prettier-ignore
      crates: (isBack: boolean) =>
        manager.update(Crate, [1, 3, 6, 14], isBack ? crateOf(null, false, '0.25') : crateOf('9007199254740995', true, '9.25')), // prettier-ignore
      labels: async (isBack: boolean) => {
        const label = (isBack ? '~' : '!').repeat(1_100);
        for (const [i, id] of [1, 3, 6, 14].entries()) await manager.update(Crate, id, { label: `${label}${9 - i}` });
      },
    };
    const kinds = Object.entries(SORTED[type]) as [keyof (typeof SORTED)[typeof type], boolean][];
    // A late read of a list that is read again must not be taken for one of the next.
    for (const [kind, isKept] of kinds.toSorted(([, one], [, other]) => Number(other) - Number(one)))
      for (const sign of ['', '-'])
        await (kind === 'uuid' ? follow('parcels', `${sign}size`, isKept) : follow('crates', sign + kind, isKept));
    unsubscribe('nestjs-jira:window', onWindow);
    jira.close();
  });
});

function crateOf(code: string | null, isOpen: boolean, price: string): Partial<Crate> {
  return { code, isOpen, price };
}
