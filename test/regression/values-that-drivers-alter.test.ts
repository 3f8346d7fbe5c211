// Rows whose values an entity holds otherwise than the database: rounded by the driver, or altered by a transformer. Whoever
// must not see them hears nothing of them, whoever may hears of them all.

import { Expose } from 'class-transformer';
import { Column, Entity, PrimaryColumn, type ColumnOptions } from 'typeorm';
import { expect, it } from 'vitest';
import { Hook, HookScope, ModelHook, type Visibility } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase, type DatabaseType } from '../support/databases.js';

interface Altered {
  readonly on: readonly DatabaseType[];
  readonly column: ColumnOptions;
  /** As SQL: of a row that is user 1's, and of one that is user 2's, or nobody's. */
  readonly mine: string;
  readonly other: string;
  /** By which user 1 sees rows, and user 2. */
  readonly sought: readonly [unknown, unknown];
}

const ALL: readonly DatabaseType[] = ['better-sqlite3', 'postgres', 'mariadb'];
const TENS = { from: (value: number) => Math.floor(value / 10) * 10, to: (value: number) => value };

const ALTERED: Readonly<Record<string, Altered>> = {
  'whole numbers beyond 2^53': {
    on: ALL,
    column: { type: 'bigint' },
    mine: '768307168896768800',
    other: '768307168896768769',
    sought: ['768307168896768800', '768307168896768769'],
  },
  'whole numbers beyond 2^53, in a column of numbers': {
    on: ['better-sqlite3'],
    column: { type: Number },
    mine: '768307168896768800',
    other: '768307168896768769',
    sought: ['768307168896768800', '768307168896768769'],
  },
  'a transformer that loses digits': {
    on: ALL,
    column: { type: Number, transformer: TENS },
    mine: '10',
    other: '15',
    sought: [10, 15],
  },
  'a boolean that is 2': {
    on: ['better-sqlite3', 'mariadb'],
    column: { type: Boolean },
    mine: '1',
    other: '2',
    sought: [true, false],
  },
  'floats of which six digits are shown': {
    on: ['mariadb'],
    column: { type: 'float' },
    mine: '16777200',
    other: '16777201',
    sought: [16777200, 16777201],
  },
  'long decimals': {
    on: ['postgres', 'mariadb'],
    column: { type: 'decimal', precision: 30, scale: 2 },
    mine: '12345678901234567.89',
    other: '12345678901234567.90',
    sought: ['12345678901234567.89', '12345678901234567.90'],
  },
};

for (const [name, { on, column, mine, other, sought }] of Object.entries(ALTERED)) {
  describeEachDatabase(name, ({ type, options }) => {
    @Entity('item')
    class Item {
      @PrimaryColumn({ type: Number }) id: number;
      @Column({ ...column }) tenant: unknown;
      @Column() title: string;
    }

    class ItemView {
      @Expose() id: number;
      @Expose() title: string;
    }

    @Hook('items')
    class ItemHook extends ModelHook<Item> {
      entity = Item;
      output = ItemView;
      override visibility(scope: HookScope): Visibility<Item> {
        return { tenant: sought[(scope.user.id as number) - 1] } as Visibility<Item>;
      }
    }

    it.runIf(on.includes(type))('is told to those whose row it is, before and after', async () => {
      const database = await options([Item]);
      await using app = await createTestApp({ entities: [Item], providers: [ItemHook], database });
      const { manager, driver } = app.dataSource;
      const clients = [await app.connect(1), await app.connect(2)];
      const insert = (id: number, value: string): Promise<unknown> =>
        manager.query(`INSERT INTO item (id, tenant, title) VALUES (${id}, ${value}, 'written past TypeORM')`);
      await insert(1, mine);
      await insert(2, other);
      const listed: number[][] = [];
      for (const client of clients) {
        await client.subscribe('items');
        const { data } = await client.call('items', 'list', 'GET');
        listed.push((data as { results: { id: number }[] }).results.map(({ id }) => id));
      }
      await manager.update(Item, 1, { title: 'changed' });
      await manager.update(Item, 2, { title: 'changed' });
      await manager.delete(Item, 1);
      await manager.delete(Item, 2);
      // A change of the value alone, which the driver may show as none.
      await insert(3, other);
      const tenant = driver.escape('tenant');
      await manager
        .createQueryBuilder()
        .update(Item)
        .set({ tenant: () => mine })
        .where(`${tenant} = ${other}`)
        .execute();
      await Promise.all(clients.map((client) => client.settled('items')));
      const told = clients.map((client) => client.changes('items').map(({ type: event, id }) => [event, id]));
      expect(listed[0]).toEqual([1]);
      expect(told[0]).toEqual([['modified', 1], ['removed', 1], ['added', 3]]); // prettier-ignore
      const isOthers = listed[1]?.includes(2);
      expect(told[1]).toEqual(isOthers ? [['modified', 2], ['removed', 2], ['removed', 3]] : []); // prettier-ignore
    });
  });
}
