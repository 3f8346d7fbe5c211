// A row that is only soft-deleted may change: who does not ask for deleted rows hears nothing of it.

import { Expose } from 'class-transformer';
import { Column, DeleteDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { Hook, ModelHook } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Draft {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar' }) title: string;
  @DeleteDateColumn() deletedAt: Date | null;
}

class DraftView {
  @Expose() id: number;
  @Expose() title: string;
}

@Hook('drafts')
class DraftHook extends ModelHook<Draft> {
  entity = Draft;
  output = DraftView;
}

@Hook('all-drafts')
class AllDraftsHook extends ModelHook<Draft> {
  entity = Draft;
  output = DraftView;
  override withDeleted = true;
}

describeEachDatabase('changes of soft-deleted rows', ({ options }) => {
  it('reach only those who ask for deleted rows', async () => {
    const database = await options([Draft]);
    await using app = await createTestApp({ entities: [Draft], providers: [DraftHook, AllDraftsHook], database });
    const drafts = app.dataSource.getRepository(Draft);
    const { id } = await drafts.save({ title: 'a' });
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    await ada.subscribe('drafts');
    await grace.subscribe('all-drafts');
    await drafts.softDelete(id);
    await drafts.update(id, { title: 'changed while deleted' });
    await drafts.restore(id);
    await drafts.softDelete(id);
    await drafts.delete(id);
    await drafts.save({ title: 'last' });
    const of = async (client: typeof ada, namespace: string): Promise<unknown[]> => {
      await client.until(() => client.changes(namespace).some(({ data }) => (data as Draft).title === 'last'));
      return client.changes(namespace).map(({ type, data }) => [type, (data as Draft).title]);
    };
    expect(await of(ada, 'drafts')).toEqual([
      ['removed', 'a'],
      ['added', 'changed while deleted'],
      ['removed', 'changed while deleted'],
      ['added', 'last'],
    ]);
    expect(await of(grace, 'all-drafts')).toEqual([
      ['modified', 'a'],
      ['modified', 'changed while deleted'],
      ['modified', 'changed while deleted'],
      ['modified', 'changed while deleted'],
      ['removed', 'changed while deleted'],
      ['added', 'last'],
    ]);
  });
});
