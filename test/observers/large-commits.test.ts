// Commits that change many rows: who sees few of them is told of those, who sees all is told to fetch again.

import { Expose } from 'class-transformer';
import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { inBatches } from '../../libs/jira/src/core/support/in-batches.js';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Item {
  @PrimaryGeneratedColumn() id: number;
  @Column() ownerId: number;
  @Column({ default: 0 }) n: number;
}

class ItemView {
  @Expose() id: number;
  @Expose() n: number;
}

/** User 1 sees all, others their own. */
@Hook('items')
class ItemHook extends ModelHook<Item> {
  entity = Item;
  output = ItemView;
  override ordering = ['id'];
  override visibility({ user }: HookScope): Visibility<Item> {
    return user?.id === 1 ? true : { ownerId: user?.id ?? 0 };
  }
}

const MANY = 1_500;
const OF_BOB = 5;

describeEachDatabase('Large commits', ({ options }) => {
  it('are told by rows up to the limit, then by one reset, and only to those who see the rows', async () => {
    const app = await createTestApp({
      entities: [Item],
      providers: [ItemHook],
      database: await options([Item]),
      options: { limits: { changesPerCommit: 1_200 } },
    });
    const { manager } = app.dataSource;
    const rows = Array.from({ length: MANY }, (_, n) => ({ ownerId: n % (MANY / OF_BOB) === 7 ? 2 : 3 }));
    for (const some of inBatches(rows, 500)) await manager.insert(Item, some);
    const [ada, bob, cyd] = [await app.connect(1), await app.connect(2), await app.connect(3)];
    const { channel } = await cyd.call('items', 'listen', 'SUBSCRIPTION', { query: { page_size: 2 } }).then(({ data }) => data as { channel: string }); // prettier-ignore
    for (const one of [ada, bob]) await one.subscribe('items');

    await manager
      .createQueryBuilder()
      .update(Item)
      .set({ n: () => 'n + 1' })
      .execute();
    for (const one of [ada, bob, cyd]) await one.settled('items');
    const kinds = (of: typeof ada): Record<string, number> =>
      Object.fromEntries(['modified', 'reset', 'list'].map((kind) => [kind, of.changes('items').filter(({ type }) => type === kind).length])); // prettier-ignore
    expect(kinds(ada)).toEqual({ modified: 1_200, reset: 1, list: 0 });
    expect(kinds(bob)).toEqual({ modified: OF_BOB, reset: 0, list: 0 });
    expect(cyd.changes('items', channel).map(({ type }) => type)).toContain('list');

    await manager
      .createQueryBuilder()
      .update(Item)
      .set({ n: () => 'n + 1' })
      .where('id <= 1200')
      .execute();
    await ada.settled('items');
    expect(kinds(ada)).toEqual({ modified: 2_400, reset: 1, list: 0 });
    await app.close();
  });
});
