// What an operator hears of `nestjs-jira:…` channels: each thing that happens, once, on the channel of its name.

import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { Expose } from 'class-transformer';
import { IsString } from 'class-validator';
import { Action, AllowAny, Hook, ModelHook, type ActionScope, type DiagnosticMessages, type Limits } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar' }) text: string;
}
class NoteInput {
  @IsString() text: string;
}
class NoteView {
  @Expose() id: number;
  @Expose() text: string;
}

/** Opened by the test: an action waits at it. */
let gate: { readonly opened: Promise<void>; open(): void };

@Hook('notes')
class NoteHook extends ModelHook<Note> {
  entity = Note;
  createInput = NoteInput;
  updateInput = NoteInput;
  output = NoteView;
  permissions = [AllowAny];
  filterFields = { text: ['icontains'] };

  visibility() {
    return true as const;
  }

  @Action()
  wait() {
    return gate.opened;
  }

  @Action()
  long(_scope: ActionScope) {
    return 'x'.repeat(5_000);
  }
}

type Name = keyof DiagnosticMessages;
const NAMES: readonly Name[] = [
  'request',
  'commit',
  'judge',
  'deliver',
  'subscribe',
  'resume',
  'refusal',
  'connection',
  'log',
];
let heard: { readonly name: Name; readonly message: DiagnosticMessages[Name] }[];
const listeners = NAMES.map((name) => ({
  name: `nestjs-jira:${name}`,
  hear: (message: unknown) => void heard.push({ name, message: message as DiagnosticMessages[Name] }),
}));
const of = <N extends Name>(name: N): DiagnosticMessages[N][] =>
  heard.filter((one) => one.name === name).map(({ message }) => message as DiagnosticMessages[N]);

beforeEach(() => {
  heard = [];
  let open!: () => void;
  gate = { opened: new Promise<void>((resolve) => (open = resolve)), open: () => open() };
  for (const { name, hear } of listeners) subscribe(name, hear);
});
afterEach(() => {
  gate.open();
  for (const { name, hear } of listeners) unsubscribe(name, hear);
});

const start = (limits: Partial<Limits> = {}): Promise<TestApp> =>
  createTestApp({ entities: [Note], providers: [NoteHook], options: { limits } });

it('tells of a request with its status, its duration and its trace', async () => {
  await using app = await start();
  const client = await app.connect(1);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await client.call('notes', 'list', 'GET', { requestId: 'a', headers: { traceparent } });
  await client.call('notes', 'create', 'POST', { requestId: 'b', data: { text: 1 } });
  expect(of('request')).toEqual([
    {
      connectionId: client.socket.id,
      requestId: 'a',
      namespace: 'notes',
      action: 'list',
      method: 'GET',
      status: 200,
      isKnown: true,
      durationMs: expect.any(Number) as number,
      traceparent,
    },
    {
      connectionId: client.socket.id,
      requestId: 'b',
      namespace: 'notes',
      action: 'create',
      method: 'POST',
      status: 400,
      code: 'VALIDATION_FAILED',
      isKnown: true,
      durationMs: expect.any(Number) as number,
    },
  ]);
});

it('says which names a client has made up', async () => {
  await using app = await start();
  const client = await app.connect(1);
  await client.call('notes', 'drop', 'POST');
  await client.call('secrets', 'list', 'GET');
  expect(of('request').map(({ action, status, isKnown }) => [action, status, isKnown])).toEqual([
    ['drop', 404, false],
    ['list', 404, false],
  ]);
});

it('tells of a commit, of what was asked about it, and of the frame that it led to', async () => {
  await using app = await start();
  const client = await app.connect(1);
  const { requestId } = await client.subscribe('notes', { text__icontains: 'ship' });
  const answer = await client.call('notes', 'create', 'POST', { data: { text: 'Ship it' } });
  await client.nextChanges('notes', 1);
  await client.unsubscribe('notes', { requestId });
  expect(of('commit')).toEqual([{ source: 'own', position: answer.position, changes: 1, lagMs: 0 }]);
  expect(of('deliver')).toEqual([{ namespace: 'notes', type: 'added', position: answer.position, recipients: 1 }]);
  expect(of('judge').every(({ images, isFailed }) => images === 1 && !isFailed)).toBe(true);
  expect(of('subscribe').map(({ event }) => event)).toEqual(['opened', 'ended']);
  // No row's content leaves by this way.
  expect(JSON.stringify(heard)).not.toMatch(/ship/i);
});

it('tells of who came and went, and of who was refused', async () => {
  await using app = await start();
  const client = await app.connect(1);
  client.close();
  await expect.poll(() => of('connection').length).toBe(2);
  await expect(app.connect({ token: 'forged' } as never)).rejects.toThrow('Invalid credentials.');
  expect(of('connection').map(({ event, code }) => [event, code])).toEqual([
    ['opened', undefined],
    ['closed', undefined],
    ['refused', 'UNAUTHENTICATED'],
  ]);
});

it('tells of a client that comes back', async () => {
  await using app = await start();
  const client = await app.connect(1);
  const ask = async (resume: unknown): Promise<{ readonly resume: string }> => {
    const answer = await client.call('notes', 'subscribe', 'SUBSCRIPTION', { headers: { resume } });
    return answer.data as { readonly resume: string };
  };
  const { resume } = await ask(null);
  await ask(resume);
  await ask(`${resume}x`);
  expect(of('resume').map(({ outcome, changes }) => [outcome, changes])).toEqual([
    ['recovered', 0],
    ['refetch', 0],
  ]);
});

/** What each fault moves: exactly the limit that names it. */
const FAULTS: readonly (readonly [keyof Limits, Partial<Limits>, (app: TestApp) => Promise<unknown>])[] = [
  [
    'requestsInFlight',
    { requestsInFlight: 1 },
    async (app) => {
      const client = await app.connect(1);
      const waiting = client.call('notes', 'wait', 'GET');
      await client.call('notes', 'list', 'GET');
      gate.open();
      return waiting;
    },
  ],
  [
    'subscriptions',
    { subscriptions: 1 },
    async (app) => {
      const client = await app.connect(1);
      await client.subscribe('notes');
      await client.call('notes', 'subscribe', 'SUBSCRIPTION');
    },
  ],
  [
    'answerBytes',
    { answerBytes: 1_000 },
    async (app) => {
      const client = await app.connect(1);
      await client.call('notes', 'long', 'GET');
    },
  ],
  [
    'requestsPerSecond',
    { requestsPerSecond: 1, burstSeconds: 1 },
    async (app) => {
      const client = await app.connect(1);
      await Promise.all([client.call('notes', 'list', 'GET'), client.call('notes', 'list', 'GET')]);
    },
  ],
  [
    'userRequestsPerSecond',
    { userRequestsPerSecond: 1, burstSeconds: 1 },
    async (app) => {
      const clients = [await app.connect(1), await app.connect(1)];
      await Promise.all(clients.map((client) => client.call('notes', 'list', 'GET')));
    },
  ],
  ['connectionsPerUser', { connectionsPerUser: 1 }, (app) => app.connect(1).then(() => app.connect(1).catch(() => 0))],
];

it.each(FAULTS)('names the limit %s that refused something, and no other', async (limit, limits, provoke) => {
  await using app = await start(limits);
  await provoke(app);
  expect(of('refusal').map((one) => one.limit)).toEqual([limit]);
});

it('is silent when nobody listens any more', async () => {
  for (const { name, hear } of listeners) unsubscribe(name, hear);
  await using app = await start();
  const client = await app.connect(1);
  await client.call('notes', 'list', 'GET');
  expect(heard).toEqual([]);
  expect(channel('nestjs-jira:request').hasSubscribers).toBe(false);
});
