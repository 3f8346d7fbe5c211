import { Expose } from 'class-transformer';
import { IsString } from 'class-validator';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { createClient } from 'nestjs-jira-client';
import { Action, ActionScope, Hook, HookScope, ModelHook, type ApiOf, type Visibility } from 'nestjs-jira';
import { createTestApp, useFakeClock } from 'nestjs-jira/testing';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @Column({ default: 1 }) ownerId: number;
}

class NoteInput {
  @IsString() text: string;
}

class NoteView {
  @Expose() id: number;
  @Expose() text: string;
}

@Hook('notes')
class NoteHook extends ModelHook<Note> {
  entity = Note;
  createInput = NoteInput;
  output = NoteView;

  visibility(scope: HookScope): Visibility<Note> {
    return { ownerId: scope.user?.id ?? -1 };
  }

  @Action({ methods: ['SUBSCRIPTION'] })
  mine(scope: ActionScope) {
    return this.changes.subscribe(scope);
  }

  @Action()
  me(scope: ActionScope<undefined>) {
    return { user: scope.user as { role?: string } | null };
  }

  @Action({ timeoutMs: 30_000 })
  slow(_scope: ActionScope<undefined>): Promise<string> {
    return new Promise(() => undefined);
  }
}

const NOTES = { hooks: [NoteHook], entities: [Note] };

describe('the testing kit', () => {
  it('connects as any user, as nobody, and with any client', async () => {
    await using app = await createTestApp(NOTES);
    const ada = await app.connect({ id: 1, role: 'admin' });
    expect(await ada.call('notes', 'me', 'GET')).toMatchObject({ data: { user: { id: 1, role: 'admin' } } });
    const nobody = await app.connect();
    expect(await nobody.call('notes', 'me', 'GET')).toMatchObject({ data: { user: null } });
    const client = createClient<ApiOf<{ notes: NoteHook }>>(app.url, { auth: app.authOf({ id: 2, role: 'guest' }) });
    try {
      expect((await client.hook('notes').action('me', { method: 'GET' })).user?.role).toBe('guest');
    } finally {
      client.close();
    }
  });

  it('types the calls of its clients by an API, where it is given one', async () => {
    type Api = ApiOf<{ notes: NoteHook }>;
    await using app = await createTestApp<Api>(NOTES);
    const ada = await app.connect(1);
    const created = await ada.call('notes', 'create', 'POST', { data: { text: 'hers' } });
    const text: string = created.data.text;
    expect(text).toBe('hers');
    const { channel } = await ada.subscribe('notes', 'mine');
    await ada.call('notes', 'update', 'PATCH', { query: { pk: created.data.id }, data: { text: 'still hers' } });
    expect(await ada.nextChanges('notes', 1, channel)).toMatchObject([{ data: { text: 'still hers' } }]);
    // @ts-expect-error -- no such action
    expect(await ada.call('notes', 'craete', 'POST')).toMatchObject({ status: 404 });
    // @ts-expect-error -- no such field
    expect(await ada.call('notes', 'create', 'POST', { data: { test: 'hers' } })).toMatchObject({ status: 400 });
    // @ts-expect-error -- no such namespace
    expect(ada.changes('note')).toEqual([]);
  });

  it('waits for changes, and knows when none will come', async () => {
    await using app = await createTestApp(NOTES);
    const ada = await app.connect(1);
    const eve = await app.connect(2);
    await ada.subscribe('notes');
    await eve.subscribe('notes');
    await ada.call('notes', 'create', 'POST', { data: { text: 'hers' } });
    expect(await ada.nextChanges('notes', 1)).toMatchObject([{ type: 'added', data: { id: 1, text: 'hers' } }]);
    await eve.settled('notes');
    expect(eve.changes('notes')).toEqual([]);
  });

  it('announces what nobody wrote, within the rights of who hears it', async () => {
    await using app = await createTestApp(NOTES);
    const ada = await app.connect(1);
    await ada.subscribe('notes');
    const before = { id: 7, text: 'from elsewhere', ownerId: 1 };
    app.changes.commit({ entity: Note, after: before });
    app.changes.commit({ entity: Note, before, after: { ...before, ownerId: 2 } });
    app.changes.gap(Note);
    const changes = await ada.nextChanges('notes', 3);
    expect(changes.map(({ type, id }) => [type, id ?? null])).toEqual([['added', 7], ['removed', 7], ['reset', null]]); // prettier-ignore
  });

  it('turns the clock', async () => {
    using clock = useFakeClock();
    await using app = await createTestApp(NOTES);
    const ada = await app.connect(1);
    const answer = ada.call('notes', 'slow', 'GET');
    await ada.call('notes', 'me', 'GET'); // answered when the slow one has begun
    clock.advance(30_000);
    expect(await answer).toMatchObject({ status: 504, data: { code: 'TIMEOUT' } });
  });

  it('gives the tokens that an authentication of the application asks for', async () => {
    await using app = await createTestApp({ ...NOTES, tokenOf: ({ id }) => `test:{"id":${id},"role":"minted"}` });
    const ada = await app.connect(1);
    expect(await ada.call('notes', 'me', 'GET')).toMatchObject({ data: { user: { id: 1, role: 'minted' } } });
  });
});
