// Rows that leave sight in the commit that also changes what decides about them: soft deletes, restores, cascades, renames.

import { Column, DeleteDateColumn, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm'; // prettier-ignore
import { Expose } from 'class-transformer';
import { expect, it } from 'vitest';
import { Hook, ModelHook, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Board {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @DeleteDateColumn() deletedAt: Date | null;
  @OneToMany(() => Card, (card) => card.board, { cascade: ['soft-remove', 'recover'] }) cards: Relation<Card[]>;
}

@Entity()
class Card {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column() boardId: number;
  @DeleteDateColumn() deletedAt: Date | null;
  @ManyToOne(() => Board, (board) => board.cards) board: Relation<Board>;
}

class CardView {
  @Expose() id: number;
  @Expose() title: string;
}

abstract class Cards extends ModelHook<Card> {
  entity = Card;
  output = CardView;
  override visibility(): Visibility<Card> {
    return { board: { name: 'open' } };
  }
}

@Hook('derived')
class DerivedHook extends Cards {}

@Hook('declared')
class DeclaredHook extends Cards {
  override dependsOn = [{ entity: Board }];
}

/** Those whom the row concerns, by what the application says: nobody. */
@Hook('nobodys')
class NobodysHook extends Cards {
  override dependsOn = [{ entity: Board, users: () => [] }];
}

const ENTITIES = [Board, Card];

/** What a client has that applies each event, and lists again when told to. */
class Replica {
  readonly rows = new Set<number>();
  readonly types: string[] = [];
  private read = 0;

  constructor(
    readonly hook: string,
    readonly client: TestClient,
  ) {}

  async catchUp(): Promise<number[]> {
    await this.client.settled(this.hook);
    for (const { type, id } of this.client.changes(this.hook).slice(this.read)) {
      this.read++;
      this.types.push(type);
      if (type === 'reset') await this.list();
      else if (type === 'removed') this.rows.delete(id as number);
      else this.rows.add(id as number);
    }
    return [...this.rows].toSorted((a, b) => a - b);
  }

  async list(): Promise<number[]> {
    const { data } = await this.client.call(this.hook, 'list', 'GET');
    this.rows.clear();
    for (const { id } of (data as { results: { id: number }[] }).results) this.rows.add(id);
    return [...this.rows].toSorted((a, b) => a - b);
  }
}

describeEachDatabase('rows that go, and come back, with their parent', ({ options }) => {
  const open = async (): Promise<TestApp> => {
    const providers = [DerivedHook, DeclaredHook, NobodysHook];
    const app = await createTestApp({ entities: ENTITIES, providers, database: await options(ENTITIES) });
    const { manager } = app.dataSource;
    await manager.save(Board, [{ name: 'open' }, { name: 'closed' }]);
    await manager.save(Card, [{ title: 'a', boardId: 1 }, { title: 'b', boardId: 2 }]); // prettier-ignore
    return app;
  };

  const steps: Record<string, (app: TestApp) => Promise<(() => Promise<unknown>) | void>> = {
    'the parent is soft-deleted, and restored': async ({ dataSource: { manager } }) => {
      await manager.softDelete(Board, 1);
      return () => manager.restore(Board, 1);
    },
    'both are soft-deleted in one transaction': ({ dataSource: { manager } }) =>
      manager.transaction(async (inner) => {
        await inner.softDelete(Board, 1);
        await inner.softDelete(Card, { boardId: 1 });
      }),
    'a cascade soft-deletes both': async ({ dataSource: { manager } }) => {
      await manager.softRemove(await manager.findOneOrFail(Board, { where: { id: 1 }, relations: { cards: true } }));
    },
    'the row is deleted, and its parent renamed': ({ dataSource: { manager } }) =>
      manager.transaction(async (inner) => {
        await inner.delete(Card, { boardId: 1 });
        await inner.update(Board, 1, { name: 'renamed' });
      }),
    'the row moves out, and its parent is deleted': ({ dataSource: { manager } }) =>
      manager.transaction(async (inner) => {
        await inner.update(Card, { boardId: 1 }, { boardId: 2 });
        await inner.delete(Board, 1);
      }),
    'both are deleted': ({ dataSource: { manager } }) =>
      manager.transaction(async (inner) => {
        await inner.delete(Card, { boardId: 1 });
        await inner.delete(Board, 1);
      }),
  };

  it.each(Object.keys(steps))('what clients have is what they would read: %s', async (name) => {
    await using app = await open();
    const client = await app.connect(1);
    const replicas = ['derived', 'declared', 'nobodys'].map((hook) => new Replica(hook, client));
    for (const replica of replicas) {
      await client.subscribe(replica.hook);
      expect(await replica.list()).toEqual([1]);
    }
    const back = await steps[name]?.(app);
    // Where the application says that a parent concerns nobody, what happened to the row itself is told all the same.
    const told = back ? replicas.slice(0, 2) : replicas;
    // A related row's change is told once the database was asked about it.
    const tell = (rows: number[]): Promise<unknown> =>
      Promise.all(told.map((replica) => expect.poll(() => replica.catchUp()).toEqual(rows)));
    await tell([]);
    if (!back) return;
    await back();
    await tell([1]);
  });
});
