// What was given up costs the database nothing: another user is served while one user's requests time out.

import type { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { Expose } from 'class-transformer';
import { Action, ActionScope, Hook, ModelHook } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeEachServer, type DatabaseType } from '../support/databases.js';
import { Note } from '../support/note.js';

class NoteView {
  @Expose() id: number;
  @Expose() text: string;
}

const SLEEP: Readonly<Record<string, string>> = { postgres: 'SELECT pg_sleep(600)', mariadb: 'SELECT SLEEP(600)' };

@Hook('notes')
class NoteHook extends ModelHook<Note> {
  entity = Note;
  output = NoteView;
  sql = '';

  @Action({ timeoutMs: 500 }) async slow(scope: ActionScope) {
    await scope.manager.query(this.sql);
    return 'slept';
  }

  @Action({ timeoutMs: 60_000 }) async slower(scope: ActionScope) {
    await scope.manager.query(this.sql);
    return 'slept';
  }

  /** Goes on after it was given up. */
  @Action({ timeoutMs: 500 }) async stubborn(scope: ActionScope) {
    for (let n = 0; n < 20; n++) await scope.manager.query(this.sql).catch(() => null);
    return 'done';
  }

  @Action({ methods: ['POST'], timeoutMs: 500 }) async write(scope: ActionScope) {
    await scope.manager.save(Note, { text: 'never' });
    await scope.manager.query(this.sql);
  }

  @Action() async limit(scope: ActionScope) {
    const rows: unknown = await scope.manager.query(LIMIT[this.type] ?? '');
    return JSON.stringify(rows);
  }

  type: DatabaseType = 'postgres';
}

const LIMIT: Readonly<Record<string, string>> = {
  postgres: `SELECT current_setting('statement_timeout') AS wait`,
  mariadb: 'SELECT @@SESSION.max_statement_time AS wait',
};
const RUNNING: Readonly<Record<string, string>> = {
  postgres: `SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)%' AND datname = current_database() AND pid <> pg_backend_pid()`,
  mariadb: `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT SLEEP(600)%'`,
};

const POOL = 3;

describeEachServer('work that was given up', ({ type, options }) => {
  async function start(limits: object = {}): Promise<TestApp> {
    const database = await options([Note], { poolSize: POOL });
    const app = await createTestApp({
      entities: [Note],
      hooks: [NoteHook],
      providers: [],
      database,
      options: { limits },
    });
    Object.assign(app.get(NoteHook), { sql: SLEEP[type], type });
    return app;
  }

  async function running(dataSource: DataSource): Promise<number> {
    const [{ n }] = await dataSource.query<[{ n: string }]>(RUNNING[type] ?? '');
    return Number(n);
  }

  const call = (client: TestClient, action: string, requestId?: string) =>
    client.call('notes', action, 'GET', { ...(requestId !== undefined && { requestId }) });

  it('leaves the pool to others as soon as it times out', async () => {
    await using app = await start();
    const [mallory, ada] = [await app.connect(1), await app.connect(2)];
    const attack = Array.from({ length: 40 }, () => call(mallory, 'slow'));
    for (const answer of await Promise.all(attack)) expect(answer).toMatchObject({ data: { code: 'TIMEOUT' } });
    // Without cancelling, the three connections sleep for ten minutes, and the 37 that wait for one follow.
    const list = await ada.socket
      .timeout(60_000)
      .emitWithAck('notes', { requestId: 'l', method: 'GET', action: 'list' });
    expect(list).toMatchObject({ status: 200 });
    await expect.poll(() => running(app.dataSource)).toBe(0);
    expect(await call(mallory, 'list')).toMatchObject({ status: 200 });
  });

  it('ends with $cancel, and with its connection', async () => {
    await using app = await start();
    const [mallory, ada] = [await app.connect(1), await app.connect(2)];
    const waiting = Array.from({ length: POOL }, (_, n) => call(mallory, 'slower', `s${n}`));
    await expect.poll(() => mallory.frames).toEqual([]);
    for (let n = 0; n < POOL; n++)
      await mallory.call('notes', '$cancel', 'SUBSCRIPTION', { data: { target: `s${n}` } });
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ data: { code: 'CANCELLED' } });
    expect(await call(ada, 'list')).toMatchObject({ status: 200 });
    for (let n = 0; n < POOL; n++)
      mallory.socket.emit('notes', { requestId: `d${n}`, method: 'GET', action: 'slower' });
    mallory.close();
    const list = await ada.socket
      .timeout(60_000)
      .emitWithAck('notes', { requestId: 'l', method: 'GET', action: 'list' });
    expect(list).toMatchObject({ status: 200 });
    await expect.poll(() => running(app.dataSource)).toBe(0);
  });

  it('takes no connection afterwards, however often it asks', async () => {
    await using app = await start();
    const mallory = await app.connect(1);
    expect(await call(mallory, 'stubborn')).toMatchObject({ data: { code: 'TIMEOUT' } });
    await expect.poll(() => running(app.dataSource)).toBe(0);
    expect(await call(mallory, 'list')).toMatchObject({ status: 200 });
  });

  it('writes nothing, and frees what it had locked', async () => {
    await using app = await start();
    const mallory = await app.connect(1);
    expect(await mallory.call('notes', 'write', 'POST')).toMatchObject({ data: { code: 'TIMEOUT' } });
    await expect.poll(() => running(app.dataSource)).toBe(0);
    expect(await app.dataSource.manager.count(Note)).toBe(0);
  });

  it("cancels nobody else's statements", async () => {
    await using app = await start();
    const [mallory, ada] = [await app.connect(1), await app.connect(2)];
    for (let round = 0; round < 3; round++) {
      const attack = Array.from({ length: POOL * 2 }, () => call(mallory, 'slow'));
      await Promise.all(attack);
      const lists = await Promise.all(Array.from({ length: 30 }, () => call(ada, 'list')));
      for (const list of lists) expect(list).toMatchObject({ status: 200 });
    }
  });

  it('is bounded by the database too: statements of requests follow actionTimeoutMs, those of the application do not', async () => {
    await using app = await start({ actionTimeoutMs: 4_000 });
    const ada = await app.connect(1);
    const limited = type === 'postgres' ? '[{"wait":"5s"}]' : '[{"wait":5}]';
    expect(await call(ada, 'limit')).toMatchObject({ data: limited });
    for (let n = 0; n < POOL * 2; n++) expect(await call(ada, 'limit')).toMatchObject({ data: limited });
    const free = type === 'postgres' ? [{ wait: '0' }] : [{ wait: 0 }];
    for (let n = 0; n < POOL * 2; n++) expect(await app.dataSource.query(LIMIT[type] ?? '')).toEqual(free);
  });
});
