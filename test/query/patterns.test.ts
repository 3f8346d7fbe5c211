// `regex` and `iregex`: RE2's language by an engine whose time is bounded, in SQLite and in memory.

import { Expose } from 'class-transformer';
import { Column, Entity, ManyToOne, PrimaryGeneratedColumn, type DataSourceOptions, type Relation } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { Hook, ReadOnlyModelHook } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Room {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
}

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', nullable: true }) text: string | null;
  @ManyToOne(() => Room, { nullable: true }) room: Relation<Room> | null;
}

class NoteView {
  @Expose() id: number;
}

@Hook('notes')
class NoteHook extends ReadOnlyModelHook<Note> {
  entity = Note;
  output = NoteView;
  ordering = ['id'];
  filterFields = { text: ['regex', 'iregex', 'icontains'], room__name: ['iregex'] };
}

const TEXTS = ['bug 12', 'Bug 7', 'BUG', 'σίσυφος', 'line one\nline two', '😀', '', null, 'a'.repeat(50_000)];
const NOTES = { entities: [Room, Note], hooks: [NoteHook], providers: [] };

describe.each<[string, DataSourceOptions]>([
  ['better-sqlite3', { type: 'better-sqlite3', database: ':memory:' }],
  ['sql.js', { type: 'sqljs' }],
])('a pattern on %s', (_, database) => {
  const start = async (fastPaths = true) => {
    const app = await createTestApp({ ...NOTES, database, options: { fastPaths: { reads: fastPaths } } });
    const room = await app.dataSource.manager.save(Room, { name: 'Lobby' });
    for (const [i, text] of TEXTS.entries())
      await app.dataSource.manager.save(Note, { text, room: i === 2 ? room : null });
    const client = await app.connect(1);
    const list = async (query: object): Promise<unknown> => {
      const { data } = await client.call('notes', 'list', 'GET', { query });
      const { results } = data as { results?: { id: number }[] };
      return results ? results.map(({ id }) => id) : data;
    };
    return { app, client, list, [Symbol.asyncDispose]: () => app.close() };
  };

  it.each<[object, number[]]>([
    [{ text__regex: '^[Bb]ug \\d+$' }, [1, 2]],
    [{ text__iregex: '^bug' }, [1, 2, 3]],
    [{ 'text__iregex!': 'bug|a' }, [4, 5, 6, 7, 8]],
    [{ text__iregex: 'ΣΊΣΥΦΟΣ' }, [4]],
    [{ text__regex: 'one$' }, []],
    [{ text__regex: '(?m)one$' }, [5]],
    [{ text__regex: '^.$' }, [6]],
    [{ text__regex: '' }, [1, 2, 3, 4, 5, 6, 7, 9]],
    [{ room__name__iregex: '^lob+y$' }, [3]],
    [{ $or: [{ text__regex: '7$' }, { text__regex: '\\p{So}' }] }, [2, 6]],
    // An engine that goes back would take longer than the universe lasts.
    [{ text__regex: '(a+)+$' }, [9]],
    [{ text__regex: '^(a|a|aa)*b$' }, []],
  ])('%j finds what it means, with and without fast reads', async (query, ids) => {
    for (const fast of [true, false]) {
      await using notes = await start(fast);
      expect(await notes.list(query)).toEqual(ids);
    }
  });

  it('is a field error where it is none, or too large', async () => {
    await using notes = await start();
    const fault = [expect.stringContaining('Must be a valid RE2 pattern: ')];
    for (const wrong of ['(', '(?=a)', '(a)\\1', '[z-a]', 'a{1001}', '(a{99}){9}', '.{99}'.repeat(9)])
      expect(await notes.list({ text__regex: wrong })).toMatchObject({ errors: { text__regex: fault } });
    for (const wrong of ['x'.repeat(201), null, ['a']])
      expect(await notes.list({ text__regex: wrong })).toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('filters subscriptions too, in memory and by the database', async () => {
    await using notes = await start();
    const { manager } = notes.app.dataSource;
    await notes.client.subscribe('notes', { text__iregex: '^todo:? ' });
    await manager.save(Note, { text: 'TODO: rest' });
    await manager.save(Note, { text: 'done' });
    await manager.update(Note, { id: 1 }, { text: 'todo rest more' });
    await manager.update(Note, { id: 1 }, { text: 'done' });
    const changes = await notes.client.nextChanges('notes', 3);
    await notes.client.settled('notes');
    expect(changes.map(({ type, id }) => [type, id])).toEqual([['added', 10], ['added', 1], ['removed', 1]]); // prettier-ignore
    expect(notes.client.changes('notes')).toHaveLength(3);
    await notes.client.subscribe('notes', { room__name__iregex: 'lobby', text__regex: '^x' });
    await manager.update(Note, { id: 3 }, { text: 'x1' });
    await notes.client.until(() => notes.client.changes('notes').length > 3);
    expect(notes.client.changes('notes')[3]).toMatchObject({ type: 'added', id: 3 });
  });
});

describeEachDatabase('an allow-list with patterns', ({ type, options }) => {
  it('starts on SQLite, and is refused elsewhere with the cure', async () => {
    const starting = createTestApp({ ...NOTES, database: await options(NOTES.entities) });
    if (type === 'better-sqlite3') return (await starting).close();
    await expect(starting).rejects.toThrow(
      'NoteHook lists the lookup "regex" for "text", but patterns on this database have no time limit. Use ',
    );
  });
});
