// One user, however many connections and requests, takes turns with the others.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { Expose } from 'class-transformer';
import { Action, ActionScope, Hook, ModelHook, type DiagnosticMessages } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase, describeEachServer } from '../support/databases.js';
import { Note } from '../support/note.js';

class NoteView {
  @Expose() id: number;
  @Expose() text: string;
}

const idOf = ({ user }: ActionScope): number => (user as { id: number }).id;

@Hook('notes')
class NoteHook extends ModelHook<Note> {
  entity = Note;
  output = NoteView;
  /** Users, as their actions ran. */
  readonly ran: number[] = [];
  /** Transactions that are open, by user. */
  readonly open = new Map<number, number>();
  most = 0;
  private gates: (() => void)[] = [];

  @Action() async mark(scope: ActionScope) {
    await scope.manager.query('SELECT 1');
    this.ran.push(idOf(scope));
  }

  /** Keeps its transaction until the test lets go. */
  @Action({ methods: ['POST'] }) async hold(scope: ActionScope) {
    const { manager, signal } = scope;
    await manager.query('SELECT 1');
    this.count(idOf(scope), 1);
    await new Promise<void>((resolve) => {
      this.gates.push(resolve);
      signal.addEventListener('abort', () => resolve());
      if (signal.aborted) resolve();
    });
    this.count(idOf(scope), -1);
  }

  /** Has a connection, and asks for another, as hooks do that call services of the application. */
  @Action({ methods: ['POST'] }) async twice(scope: ActionScope) {
    await scope.manager.query('SELECT 1');
    await this.together();
    await this.app.dataSource.query('SELECT 1');
    return 'done';
  }

  app: TestApp;
  together = (): Promise<void> => Promise.resolve();

  release(): void {
    for (const open of this.gates.splice(0)) open();
  }

  private count(user: number, change: number): void {
    const now = (this.open.get(user) ?? 0) + change;
    this.open.set(user, now);
    this.most = Math.max(this.most, now);
  }
}

async function start(database: object, limits: object = {}): Promise<TestApp> {
  const app = await createTestApp({
    entities: [Note],
    providers: [NoteHook],
    database: database as never,
    options: { limits: { requestsInFlight: 10_000, userRequestsInFlight: 10_000, ...limits } },
  });
  app.get(NoteHook).app = app;
  return app;
}

const connectMany = (app: TestApp, user: number, count: number): Promise<TestClient[]> =>
  Promise.all(Array.from({ length: count }, () => app.connect(user)));

describeEachDatabase('requests take turns', ({ options }) => {
  it('with those of a user who sends many by many connections', async () => {
    await using app = await start(await options([Note]));
    const hook = app.get(NoteHook);
    const mallory = await connectMany(app, 1, 10);
    const others = await Promise.all([2, 3, 4].map((user) => app.connect(user)));
    // Sent in one turn, his first: what the server reads of the others comes after some of his.
    const attack = mallory.flatMap((client) => Array.from({ length: 100 }, () => client.call('notes', 'mark', 'GET')));
    const normal = others.map((client) => client.call('notes', 'mark', 'GET'));
    for (const answer of await Promise.all(normal)) expect(answer).toMatchObject({ status: 204 });
    const before = hook.ran.length;
    for (const answer of await Promise.all(attack)) expect(answer).toMatchObject({ status: 204 });
    expect(hook.ran).toHaveLength(1_003);
    // Without turns the others are last.
    expect(before).toBeLessThan(900);
  });

  it('and more of one user than may be in flight are refused, by all connections together', async () => {
    await using app = await start(await options([Note]), { userRequestsInFlight: 3 });
    const hook = app.get(NoteHook);
    const mallory = await connectMany(app, 1, 4);
    const held = mallory.slice(0, 3).map((client) => client.call('notes', 'hold', 'POST'));
    const refused = await mallory[3]?.call('notes', 'mark', 'GET');
    expect(refused).toMatchObject({ status: 429, data: { code: 'TOO_MANY_REQUESTS' } });
    expect(refused?.data).toMatchObject({
      message: 'Too many requests of this user in flight; the limit is 3.',
    });
    await expect.poll(() => hook.open.get(1)).toBeGreaterThan(0);
    const timer = setInterval(() => hook.release(), 10);
    for (const answer of await Promise.all(held)) expect(answer).toMatchObject({ status: 204 });
    clearInterval(timer);
    expect(await mallory[3]?.call('notes', 'mark', 'GET')).toMatchObject({ status: 204 });
  });

  it('and one that waits can be cancelled, and times out', async () => {
    await using app = await start(await options([Note]), { actionTimeoutMs: 1_000 });
    const hook = app.get(NoteHook);
    const mallory = await app.connect(1);
    const held = Array.from({ length: 12 }, (_, n) => mallory.call('notes', 'hold', 'POST', { requestId: `h${n}` }));
    await expect.poll(() => hook.open.get(1)).toBeGreaterThan(0);
    expect(await mallory.call('notes', '$cancel', 'SUBSCRIPTION', { data: { target: 'h11' } })).toMatchObject({ status: 200 }); // prettier-ignore
    expect(await held[11]).toMatchObject({ data: { code: 'CANCELLED' } });
    for (const answer of await Promise.all(held.slice(0, 11)))
      expect(answer).toMatchObject({ data: { code: expect.stringMatching(/TIMEOUT/) as string } });
    await expect.poll(() => hook.open.get(1)).toBe(0);
    expect(await mallory.call('notes', 'mark', 'GET')).toMatchObject({ status: 204 });
  });
});

const POOL = 10;
/** Of ten connections two are left to other work, and half of the others to other users. */
const SHARE = 4;

describeEachServer('a pool is shared', ({ type, options }) => {
  it('by percentages of its size: reservedPoolPercent, userPoolPercent', async () => {
    await using app = await start(await options([Note], { poolSize: 20 }), { reservedPoolPercent: 10, userPoolPercent: 25 }); // prettier-ignore
    const told: DiagnosticMessages['pool'][] = [];
    const hear = (message: unknown): void => void told.push(message as DiagnosticMessages['pool']);
    subscribe('nestjs-jira:pool', hear);
    const hook = app.get(NoteHook);
    const mallory = await app.connect(1);
    const held = Array.from({ length: 12 }, () => mallory.call('notes', 'hold', 'POST'));
    await expect.poll(() => hook.open.get(1)).toBe(5);
    await expect.poll(() => told.at(-1)).toEqual({ dataSource: 'default', waiting: 7 });
    const timer = setInterval(() => hook.release(), 10);
    await Promise.all(held);
    clearInterval(timer);
    expect(hook.most).toBe(5);
    expect(told.at(-1)?.waiting).toBe(0);
    unsubscribe('nestjs-jira:pool', hear);
  });

  it('so that a user who waits for a locked table does not keep others from another one', async () => {
    await using app = await start(await options([Note], { poolSize: POOL }));
    const hook = app.get(NoteHook);
    const [mallory, ada] = [await app.connect(1), await app.connect(2)];
    const held = Array.from({ length: 40 }, () => mallory.call('notes', 'hold', 'POST'));
    await expect.poll(() => hook.open.get(1)).toBe(SHARE);
    for (let n = 0; n < 20; n++) expect(await ada.call('notes', 'list', 'GET')).toMatchObject({ status: 200 });
    const timer = setInterval(() => hook.release(), 10);
    for (const answer of await Promise.all(held)) expect(answer).toMatchObject({ status: 204 });
    clearInterval(timer);
    expect(hook.most).toBe(SHARE);
  });

  it('and work outside of requests has connections of its own', async () => {
    await using app = await start(await options([Note], { poolSize: POOL }));
    const hook = app.get(NoteHook);
    const users = await Promise.all([1, 2, 3].map((user) => app.connect(user)));
    const held = users.flatMap((client) => Array.from({ length: 10 }, () => client.call('notes', 'hold', 'POST')));
    const open = (): number => [...hook.open.values()].reduce((sum, count) => sum + count, 0);
    await expect.poll(open).toBe(8);
    await app.dataSource.manager.save(Note, { text: 'by the application' });
    expect(open()).toBe(8);
    const timer = setInterval(() => hook.release(), 10);
    await Promise.all(held);
    clearInterval(timer);
  });

  it('without a deadlock: who has a connection and needs another gets it', async () => {
    await using app = await start(await options([Note], { poolSize: POOL }));
    const hook = app.get(NoteHook);
    let here = 0;
    let openAll!: () => void;
    const all = new Promise<void>((resolve) => (openAll = resolve));
    hook.together = () => {
      if (++here === 8) openAll();
      return all;
    };
    const users = await Promise.all([1, 2].map((user) => app.connect(user)));
    const answers = users.flatMap((client) => Array.from({ length: 6 }, () => client.call('notes', 'twice', 'POST')));
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200, data: 'done' });
  });

  it(`leaves nothing taken once the attack is over (${type})`, async () => {
    await using app = await start(await options([Note], { poolSize: POOL }));
    const hook = app.get(NoteHook);
    const mallory = await connectMany(app, 1, 5);
    for (const client of mallory)
      for (let n = 0; n < 20; n++) client.socket.emit('notes', { requestId: `${n}`, method: 'POST', action: 'hold' });
    await expect.poll(() => hook.open.get(1)).toBe(SHARE);
    for (const client of mallory) client.close();
    await expect.poll(() => hook.open.get(1)).toBe(0);
    const ada = await app.connect(2);
    const held = Array.from({ length: SHARE }, () => ada.call('notes', 'hold', 'POST'));
    await expect.poll(() => hook.open.get(2)).toBe(SHARE);
    hook.release();
    await Promise.all(held);
  });
});
