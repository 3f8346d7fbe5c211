// Links that the database deletes, or renames, with a row: whichever side of the relation the row is on, they are told.

import { Expose } from 'class-transformer';
import { Column, Entity, JoinTable, ManyToMany, PrimaryColumn, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity({ name: 'linked_label' })
class Label {
  @PrimaryGeneratedColumn() id: number;
  @Column() userId: number;
  @ManyToMany(() => Paper, (paper) => paper.labels) @JoinTable() papers: Relation<Paper[]>;
}

@Entity({ name: 'linked_paper' })
class Paper {
  @PrimaryColumn() code: string;
  @ManyToMany(() => Label, (label) => label.papers) labels: Relation<Label[]>;
}

class PaperView {
  @Expose() code: string;
}

class LabelView {
  @Expose() id: number;
}

/** The side without the link table's declaration. */
@Hook('papers')
class PaperHook extends ModelHook<Paper> {
  entity = Paper;
  output = PaperView;
  override visibility(scope: HookScope): Visibility<Paper> {
    return { labels: { userId: (scope.user as { id: number }).id } };
  }
}

@Hook('labels')
class LabelHook extends ModelHook<Label> {
  entity = Label;
  output = LabelView;
}

const ENTITIES = [Label, Paper];
const types = (client: TestClient, namespace: string): string[] => client.changes(namespace).map(({ type }) => type);

describeEachDatabase('links that go with a row', ({ options }) => {
  const open = async (providers: (typeof PaperHook | typeof LabelHook)[]) => {
    const app = await createTestApp({ entities: ENTITIES, providers, database: await options(ENTITIES) });
    const { manager } = app.dataSource;
    await manager.insert(Paper, [{ code: 'a' }, { code: 'b' }]);
    await manager.save(Label, { userId: 1, papers: [{ code: 'a' }, { code: 'b' }] });
    return app;
  };

  it('are known when nobody can say any more who saw the row', async () => {
    await using app = await open([PaperHook]);
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    for (const client of [ada, grace]) await client.subscribe('papers');
    await app.dataSource.manager.delete(Paper, 'a');
    await expect.poll(() => types(ada, 'papers').length).toBeGreaterThan(0);
    expect((await ada.call('papers', 'list', 'GET')).data).toMatchObject({ count: 1 });
    await grace.settled('papers');
    expect(types(grace, 'papers')).toEqual([]);
  });

  it.each([
    ['is deleted', (app: Awaited<ReturnType<typeof open>>) => app.dataSource.manager.delete(Paper, 'a')],
    ['gets another key', (app: Awaited<ReturnType<typeof open>>) => app.dataSource.manager.update(Paper, 'a', { code: 'c' })],
  ])('are a change of the row that owns the relation, when a row that nobody watches %s', async (_, write) => {
    await using app = await open([LabelHook]);
    const ada = await app.connect(1);
    await ada.subscribe('labels');
    await write(app);
    await expect.poll(() => types(ada, 'labels')).toEqual(['modified']);
  }); // prettier-ignore
});
