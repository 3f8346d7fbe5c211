// Rows whose readers are a many-to-many relation: who came into sight of one, who left it, and who never knew.

import { Expose } from 'class-transformer';
import { Column, Entity, JoinTable, ManyToMany, PrimaryColumn, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { Hook, HookScope, ModelHook, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Person {
  @PrimaryColumn({ type: Number }) id: number;
}

@Entity()
class Page {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @ManyToMany(() => Person) @JoinTable() readers: Relation<Person[]>;
}

class PageView {
  @Expose() id: number;
  @Expose() text: string;
}

@Hook('pages')
class PageHook extends ModelHook<Page> {
  entity = Page;
  output = PageView;
  override visibility(scope: HookScope): Visibility<Page> {
    return { readers: { id: scope.user.id } };
  }
}

const ADA = 1;
const GRACE = 2;
const EVE = 3;

describeEachDatabase('readers of a row', ({ options }) => {
  /** Ada reads page 1; Eve reads nothing. */
  const open = async (): Promise<{ app: TestApp; ada: TestClient; grace: TestClient; eve: TestClient }> => {
    const entities = [Person, Page];
    const app = await createTestApp({ entities, providers: [PageHook], database: await options(entities) });
    const { manager } = app.dataSource;
    await manager.save(Person, [ADA, GRACE, EVE].map((id) => ({ id }))); // prettier-ignore
    await manager.save(Page, { text: 'first', readers: [{ id: ADA }] });
    const [ada, grace, eve] = [await app.connect(ADA), await app.connect(GRACE), await app.connect(EVE)];
    for (const client of [ada, grace, eve]) await client.subscribe('pages');
    return { app, ada, grace, eve };
  };
  const told = async (client: TestClient): Promise<unknown[]> => {
    await client.settled('pages');
    return client.changes('pages').map(({ type, id, data }) => [type, id, data]);
  };
  const page = { id: 1, text: 'first' };

  it('are told when they become one, and when they are one no more', async () => {
    const { app, ada, grace, eve } = await open();
    await using _ = app;
    await app.dataSource.transaction((manager) =>
      manager.createQueryBuilder().relation(Page, 'readers').of(1).addAndRemove(GRACE, ADA),
    );
    expect(await told(ada)).toEqual([['removed', 1, { pk: 1 }]]);
    expect(await told(grace)).toEqual([['added', 1, page]]);
    await app.dataSource.manager.save(Page, { id: 1, text: 'changed', readers: [] });
    expect(await told(grace)).toEqual([['added', 1, page], ['removed', 1, { pk: 1 }]]); // prettier-ignore
    expect(await told(eve)).toEqual([]);
  });

  it.each([
    ['by its key', ({ dataSource }: TestApp) => dataSource.manager.delete(Page, { id: 1 })],
    ['by a condition', ({ dataSource }: TestApp) => dataSource.manager.delete(Page, { text: 'first' })],
    ['as an entity', async ({ dataSource: { manager } }: TestApp) => manager.remove(await manager.findOneByOrFail(Page, { id: 1 }))], // prettier-ignore
  ])('are told of its end, deleted %s, and nobody else', async (_how, end) => {
    const { app, ada, grace, eve } = await open();
    await using _ = app;
    await end(app);
    expect(await told(ada)).toEqual([['removed', 1, page]]);
    expect([...(await told(grace)), ...(await told(eve))]).toEqual([]);
  });

  it('are told apart within one transaction', async () => {
    const { app, ada, grace, eve } = await open();
    await using _ = app;
    await app.dataSource.transaction(async (manager) => {
      const readers = manager.createQueryBuilder().relation(Page, 'readers').of(1);
      await readers.add(GRACE);
      await readers.remove(GRACE);
      await readers.add(GRACE);
      await manager.delete(Page, { id: 1 });
    });
    expect(await told(ada)).toEqual([['removed', 1, page]]);
    expect([...(await told(grace)), ...(await told(eve))]).toEqual([]);
  });

  it('are told to fetch again where they are too many to tell', async () => {
    const { app, ada } = await open();
    await using _ = app;
    const { manager } = app.dataSource;
    const crowd = Array.from({ length: 400 }, (_none, i) => ({ id: 100 + i }));
    await manager.save(Person, crowd);
    await manager.save(Page, { text: 'second', readers: [...crowd, { id: ADA }] });
    await ada.until(() => ada.changes('pages').length > 0);
    await manager.save(Page, { id: 2, readers: [] });
    expect((await told(ada)).at(-1)).toEqual(['reset', undefined, null]);
  });
});
