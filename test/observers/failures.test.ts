// What goes wrong while a change is announced: it harms neither the writer nor the others, and is reported by name.

import { expect, it } from 'vitest';
import {
  Action,
  ActionScope,
  BaseHook,
  Hook,
  LifecycleEvents,
  observer,
  OnChange,
  type LifecycleEventMap,
} from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { Note } from '../support/note.js';

@Hook('notes')
class NoteHook extends BaseHook {
  sound = observer(Note, { visibility: () => true, serialize: ({ id, text }) => ({ id, text }) });

  throwing = observer(Note, {
    visibility: () => true,
    serialize: ({ id, text }) => {
      if (text === 'bad') throw new Error('serializer');
      return { id, text };
    },
  });

  rejecting = observer(Note, {
    visibility: () => true,
    serialize: ({ id, text }) => (text === 'bad' ? Promise.reject(new Error('later')) : Promise.resolve({ id, text })),
  });

  handling = observer(Note, {
    visibility: () => true,
    handler: ({ after }) => {
      if (after?.text === 'bad') throw new Error('handler');
      return undefined;
    },
  });

  @Action({ methods: ['SUBSCRIPTION'] })
  watch(scope: ActionScope) {
    return this[scope.query['observer'] as 'sound'].subscribe(scope);
  }

  @OnChange(Note)
  onChange({ after }: { after?: Note }) {
    if (after?.text === 'bad') throw new Error('@OnChange');
  }
}

const NOTES = { entities: [Note], providers: [NoteHook] };

function failuresOf(app: TestApp): LifecycleEventMap['jira.announcement_failed'][] {
  const failures: LifecycleEventMap['jira.announcement_failed'][] = [];
  app.get(LifecycleEvents).on('jira.announcement_failed', (failure) => failures.push(failure));
  return failures;
}

async function watching(app: TestApp, name: string) {
  const client = await app.connect(1);
  await client.call('notes', 'watch', 'SUBSCRIPTION', { query: { observer: name } });
  return client;
}

it.each(['throwing', 'rejecting'])('resets the channel of a %s serializer, and no other', async (name) => {
  await using app = await createTestApp(NOTES);
  const failures = failuresOf(app);
  const [hurt, sound] = [await watching(app, name), await watching(app, 'sound')];
  const { id } = await app.dataSource.manager.save(Note, { text: 'bad' });
  expect(await hurt.nextChanges('notes', 1)).toMatchObject([{ type: 'reset', data: null }]);
  expect(await sound.nextChanges('notes', 1)).toMatchObject([{ type: 'added', id, data: { id, text: 'bad' } }]);
  await app.dataSource.manager.save(Note, { text: 'good' });
  expect((await hurt.nextChanges('notes', 2))[1]).toMatchObject({ type: 'added', data: { text: 'good' } });
  const change = { source: 'default', type: 'added', id };
  const message = name === 'throwing' ? 'serializer' : 'later';
  expect(failures).toContainEqual({
    entity: 'Note',
    change,
    namespace: 'notes',
    error: expect.objectContaining({ message }) as Error,
  });
});

it('announces a change all the same when a handler or @OnChange throws', async () => {
  await using app = await createTestApp(NOTES);
  const failures = failuresOf(app);
  const [hurt, sound] = [await watching(app, 'handling'), await watching(app, 'sound')];
  const { id } = await app.dataSource.manager.save(Note, { text: 'bad' });
  for (const client of [hurt, sound])
    expect(await client.nextChanges('notes', 1)).toMatchObject([{ type: 'added', id }]);
  const change = { source: 'default', type: 'added', id };
  expect(failures).toEqual([
    { entity: 'Note', change, error: expect.objectContaining({ message: 'handler' }) as Error },
  ]);
});

it('resets every channel of an entity whose committed rows could not be read, once, and says which entity it was', async () => {
  await using app = await createTestApp(NOTES);
  const failures = failuresOf(app);
  const sound = await watching(app, 'sound');
  const written = app.dataSource.transaction(async (manager) => {
    await manager.insert(Note, { text: 'unread' });
    // MariaDB would commit before it renames: there, a temporary table stands before the one that was written.
    const isMariaDb = app.dataSource.options.type === 'mariadb';
    await manager.query(isMariaDb ? 'CREATE TEMPORARY TABLE note (gone INT)' : 'ALTER TABLE note RENAME TO gone');
  });
  const outcome = await written.then(() => 'committed', String);
  // Answered after whatever was announced until now.
  await sound.call('notes', 'watch', 'SUBSCRIPTION', { query: { observer: 'handling' } });
  const message = expect.stringMatching(/note|Unknown column/) as string;
  const error = expect.objectContaining({ message }) as Error;
  // PostgreSQL ends the whole transaction at the failed read: nothing was committed, and the writer hears of it.
  const isUndone = app.dataSource.options.type === 'postgres';
  expect(outcome).toMatch(isUndone ? /"note" does not exist/ : 'committed');
  expect(failures).toEqual(isUndone ? [] : [{ entity: 'Note', error }]);
  // Once, though a listener of the entity may have missed somebody's right as well.
  if (!isUndone) await sound.nextChanges('notes', 1);
  await sound.call('notes', 'watch', 'SUBSCRIPTION', { query: { observer: 'handling' } });
  expect(sound.changes('notes').map(({ type }) => type)).toEqual(isUndone ? [] : ['reset']);
});
