import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Commit } from '../../core/changes/change.js';
import { TypeOrmChangeSource } from './typeorm-change-source.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar' })
  text: string;

  @Column({ type: 'int', default: 7 })
  stars: number;
}

describe('TypeOrmChangeSource', () => {
  let dataSource: DataSource;
  let source: TypeOrmChangeSource;
  let commits: Commit[];

  beforeEach(async () => {
    dataSource = new DataSource({ type: 'better-sqlite3', database: ':memory:', entities: [Note], synchronize: true });
    await dataSource.initialize();
    source = new TypeOrmChangeSource(dataSource, 'default');
    source.watch('Note');
    source.attach();
    commits = [];
    source.listen({ onCommit: (commit) => commits.push(commit), onGap: ({ error }) => expect.fail(String(error)) });
  });
  afterEach(() => dataSource.destroy());

  const changes = () => commits.map((commit) => commit.changes);

  it('announces a new row with the defaults of the database', async () => {
    await dataSource.getRepository(Note).save({ text: 'a' });
    expect(changes()).toEqual([
      [{ source: 'default', entity: 'Note', id: 1, type: 'added', after: { id: 1, text: 'a', stars: 7 } }],
    ]);
  });

  it('announces what an update by criteria changed, with the images before and after', async () => {
    const notes = dataSource.getRepository(Note);
    await notes.insert([{ text: 'a' }, { text: 'b' }, { text: 'a' }]);
    commits.length = 0;
    await notes.update({ text: 'a' }, { stars: 1 });
    expect(changes()).toMatchObject([
      [
        { id: 1, type: 'modified', before: { stars: 7 }, after: { stars: 1 } },
        { id: 3, type: 'modified', before: { stars: 7 }, after: { stars: 1 } },
      ],
    ]);
  });

  it('announces nothing of a savepoint that was rolled back, and the rest once at the outer commit', async () => {
    await dataSource.transaction(async (manager) => {
      await manager.save(Note, { text: 'kept' });
      await manager
        .transaction(async (inner) => {
          await inner.save(Note, { text: 'lost' });
          throw new Error('no');
        })
        .catch(() => undefined);
      await manager.transaction((inner) => inner.update(Note, { text: 'kept' }, { stars: 2 }));
      expect(commits).toEqual([]);
    });
    expect(changes()).toEqual([
      [{ source: 'default', entity: 'Note', id: 1, type: 'added', after: { id: 1, text: 'kept', stars: 2 } }],
    ]);
  });

  it('announces a removed row with its last image', async () => {
    const note = await dataSource.getRepository(Note).save({ text: 'a' });
    commits.length = 0;
    await dataSource.getRepository(Note).delete(note.id);
    expect(changes()).toMatchObject([[{ id: 1, type: 'removed', before: { text: 'a' } }]]);
  });
});
