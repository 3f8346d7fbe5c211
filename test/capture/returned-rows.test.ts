// What a write returns is told of its rows only where nothing can have changed them since.

import { Expose } from 'class-transformer';
import { IsString } from 'class-validator';
import { Hook, ModelHook } from 'nestjs-jira';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { afterEach, expect, it } from 'vitest';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 100 })
  text: string;

  @Column({ type: 'int', default: 0 })
  count: number;
}

@Entity()
class Tag {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'int' })
  noteId: number;
}

class NoteInput {
  @IsString()
  text: string;
}

class NoteView {
  @Expose()
  id: number;

  @Expose()
  text: string;

  @Expose()
  count: number;
}

@Hook('notes')
class NoteHook extends ModelHook<Note> {
  entity = Note;
  createInput = NoteInput;
  output = NoteView;
}

class TagView {
  @Expose()
  id: number;
}

@Hook('tags')
class TagHook extends ModelHook<Tag> {
  entity = Tag;
  output = TagView;
}

/** Adds a hundred to the row that is written, and one to the note of a tag: after the write, where a trigger may. */
const TRIGGERS = {
  'better-sqlite3': [
    `CREATE TRIGGER note_insert AFTER INSERT ON note BEGIN UPDATE note SET count = count + 100 WHERE id = NEW.id; END`,
    `CREATE TRIGGER note_update AFTER UPDATE OF text ON note BEGIN UPDATE note SET count = count + 100 WHERE id = NEW.id; END`,
    `CREATE TRIGGER tag_insert AFTER INSERT ON tag BEGIN UPDATE note SET count = count + 1 WHERE id = NEW."noteId"; END`,
  ],
  postgres: [
    `CREATE FUNCTION add_hundred() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF pg_trigger_depth() = 1 THEN UPDATE note SET count = count + 100 WHERE id = NEW.id; END IF; RETURN NULL; END $$`,
    `CREATE TRIGGER note_write AFTER INSERT OR UPDATE ON note FOR EACH ROW EXECUTE FUNCTION add_hundred()`,
    `CREATE FUNCTION add_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE note SET count = count + 1 WHERE id = NEW."noteId"; RETURN NULL; END $$`,
    `CREATE TRIGGER tag_insert AFTER INSERT ON tag FOR EACH ROW EXECUTE FUNCTION add_one()`,
  ],
  mariadb: [
    `CREATE TRIGGER note_insert BEFORE INSERT ON note FOR EACH ROW SET NEW.count = NEW.count + 100`,
    `CREATE TRIGGER note_update BEFORE UPDATE ON note FOR EACH ROW IF NEW.text <> OLD.text THEN SET NEW.count = NEW.count + 100; END IF`,
    `CREATE TRIGGER tag_insert AFTER INSERT ON tag FOR EACH ROW UPDATE note SET count = count + 1 WHERE id = NEW.noteId`,
  ],
};

describeEachDatabase('Rows that a write returns', ({ type, options }) => {
  let app: TestApp | undefined;
  let client: TestClient;

  const start = async (): Promise<TestApp> => {
    const entities = [Note, Tag];
    app = await createTestApp({ entities, providers: [NoteHook, TagHook], database: await options(entities) });
    client = await app.connect(1);
    await client.subscribe('notes');
    await client.subscribe('tags');
    return app;
  };
  afterEach(() => app?.close());

  const told = async (): Promise<unknown[]> => {
    await client.settled('notes');
    return client.changes('notes').map(({ type: kind, data }) => [kind, data]);
  };

  it('are told with what triggers of their table made of them', async () => {
    const { dataSource } = await start();
    for (const sql of TRIGGERS[type].filter((one) => !one.includes('tag_insert'))) await dataSource.query(sql);
    const created = await client.call('notes', 'create', 'POST', { data: { text: 'a' } });
    expect(created.data).toEqual({ id: 1, text: 'a', count: 100 });
    const updated = await client.call('notes', 'update', 'PATCH', { query: { pk: 1 }, data: { text: 'b' } });
    expect(updated.data).toEqual({ id: 1, text: 'b', count: 200 });
    await dataSource.manager.update(Note, { text: 'b' }, { text: 'c' });
    expect(await told()).toEqual([
      ['added', { id: 1, text: 'a', count: 100 }],
      ['modified', { id: 1, text: 'b', count: 200 }],
      ['modified', { id: 1, text: 'c', count: 300 }],
    ]);
  });

  it('are told with what triggers of other tables made of them later in the transaction', async () => {
    const { dataSource } = await start();
    for (const sql of TRIGGERS[type].filter((one) => /tag_insert|add_one/.test(one))) await dataSource.query(sql);
    await dataSource.transaction(async (manager) => {
      await manager.insert(Note, { text: 'a' });
      await manager.insert(Tag, { noteId: 1 });
    });
    await dataSource.transaction(async (manager) => {
      await manager.update(Note, 1, { text: 'b' });
      await manager.insert(Tag, { noteId: 1 });
    });
    await dataSource.transaction(async (manager) => {
      await manager.update(Note, 1, { text: 'c' });
      await manager.query('UPDATE note SET count = 50');
    });
    expect(await told()).toEqual([
      ['added', { id: 1, text: 'a', count: 1 }],
      ['modified', { id: 1, text: 'b', count: 2 }],
      ['modified', { id: 1, text: 'c', count: 50 }],
    ]);
  });

  it('are told as the last write of a transaction, and a savepoint that was undone, left them', async () => {
    const { dataSource } = await start();
    await dataSource.manager.insert(Note, [{ text: 'a' }, { text: 'b' }]);
    await dataSource.transaction(async (manager) => {
      await manager.update(Note, 1, { text: 'kept' });
      const undone = manager.transaction(async (inner) => {
        await inner.update(Note, 1, { text: 'lost' });
        await inner.update(Note, 2, { text: 'lost' });
        throw new Error('no');
      });
      await expect(undone).rejects.toThrow('no');
    });
    await dataSource.transaction(async (manager) => {
      await manager.update(Note, 1, { count: 1 });
      await manager.update(Note, 2, { count: 2 });
      await manager.update(Note, 1, { count: 3 });
      await manager.delete(Note, 2);
    });
    expect((await told()).slice(2)).toEqual([
      ['modified', { id: 1, text: 'kept', count: 0 }],
      ['modified', { id: 1, text: 'kept', count: 3 }],
      ['removed', { id: 2, text: 'b', count: 0 }],
    ]);
  });

  it('leave results as TypeORM makes them', async () => {
    const { dataSource } = await start();
    const inserted = await dataSource.manager.insert(Note, { text: 'a' });
    expect(JSON.stringify(inserted)).not.toContain('jira_');
    const updated = await dataSource.manager.update(Note, 1, { text: 'b' });
    expect(JSON.stringify(updated)).not.toContain('jira_');
    expect(updated.affected).toBe(1);
    expect((await dataSource.manager.delete(Note, 1)).affected).toBe(1);
    if (type !== 'postgres') return;
    const returned = await dataSource.createQueryBuilder().insert().into(Note).values({ text: 'c' }).returning(['text']).execute(); // prettier-ignore
    expect(returned.raw).toEqual([{ id: 2, text: 'c', count: 0 }]);
  });
});
