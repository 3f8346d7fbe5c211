// Every option of `limits` reached over a socket: what is within it works, what is beyond it has a name.

import { readFileSync } from 'node:fs';
import { io, type Socket } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Action,
  ActionScope,
  Authentication,
  BaseHook,
  Connections,
  DEFAULT_LIMITS,
  EventContext,
  EventHandlers,
  Hook,
  HookScope,
  JiraServer,
  LifecycleEvents,
  ModelHook,
  observer,
  OnMessage,
  type JiraOptions,
  type Limits,
  type Next,
} from 'nestjs-jira';
import type { AnswerFrame, Method } from 'nestjs-jira-protocol';
import { Hub } from '../../libs/jira/src/live/delivery/hub.js';
import { createTestApp, TestClient, type TestApp, type TestAppOptions } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { CreateIssue, Issue, IssueView, Member, Project, seedTracker } from '../support/tracker.js';
import { BLOG, seedBlog } from '../relations/model.js';
import { slowPlainSocket, slowSocket } from './slow-socket.js';

/** Opened by the test, once what it wants to see has come about. */
let gate = closedGate();

function closedGate(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve!: () => void;
  return { promise: new Promise<void>((open) => (resolve = open)), resolve: () => resolve() };
}

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  output = IssueView;
  filterFields = { status: ['exact', 'in'], title: ['icontains'], projectId: ['exact'] };
  orderingFields = ['id', 'title'];
  searchFields = ['title'];
  middleware = [
    async (scope: HookScope, next: Next) => {
      const answer = await next();
      if (scope.action === 'subscribe' && 'late' in scope.headers) await gate.promise;
      return answer;
    },
  ];
}

@Hook('deep')
class DeepHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  filterFields = { project__members__userId: ['exact'] };
}

@Hook('doors')
class DoorsHook extends BaseHook {
  inRooms = observer(Issue, {
    rooms: ({ projectId }) => `project ${projectId}`,
    subscribingRooms: ({ query }) => (query['rooms'] as number[]).map((id) => `project ${id}`),
    serialize: ({ id }) => ({ id }),
  });

  @Action({ methods: ['SUBSCRIPTION'] })
  watch(scope: ActionScope) {
    return this.inRooms.subscribe(scope);
  }

  @Action()
  text({ query }: ActionScope) {
    return [{ text: 'x'.repeat(Number(query['length'])) }];
  }

  @Action()
  async wait() {
    await gate.promise;
  }

  @Action()
  async *count(scope: ActionScope) {
    for (let n = 0; n < Number(scope.query['to']); n++) yield await Promise.resolve(n);
  }
}

@EventHandlers()
class Doorman {
  @OnMessage('enter') enter({ payload, connection }: EventContext) {
    connection.join(payload as string);
  }
}

class Slow extends Authentication {
  async authenticate({ auth }: { auth: Readonly<Record<string, unknown>> }) {
    if (auth['token'] === 'late') await gate.promise;
    return { user: { id: Number(String(auth['token']).slice(5)) || 9 } };
  }
}

const APP = { entities: [Project, Member, Issue], providers: [IssueHook, DoorsHook, Doorman] };

/** The code of an error, or `ok`. */
const codeOf = ({ status, data }: AnswerFrame): string => (status < 400 ? 'ok' : (data as { code: string }).code);

async function list(client: TestClient, query: object): Promise<string> {
  return codeOf(await client.call('issues', 'list', 'GET', { query }));
}

async function text(client: TestClient, length: number): Promise<string> {
  return codeOf(await client.call('doors', 'text', 'GET', { query: { length } }));
}

/** The codes of so many calls at once, each named once. */
async function burst(client: TestClient, count: number, namespace = 'issues', action = 'list', method: Method = 'GET') {
  const call = async (): Promise<string> => codeOf(await client.call(namespace, action, method));
  return [...new Set(await Promise.all(Array.from({ length: count }, call)))];
}

/** What it says as the server ends it. */
async function farewell(client: TestClient): Promise<unknown> {
  await expect.poll(() => client.socket.connected).toBe(false);
  return client.frames.find(({ event }) => event === '$disconnect')?.frame['code'];
}

/** What a handshake is refused with. The connection stays, where there is one. */
async function handshake(
  { url }: TestApp,
  extraHeaders: Record<string, string> = {},
  token = 'user-1',
): Promise<string> {
  const auth = { jira: 2, token };
  const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true, auth, extraHeaders });
  const answer = await new Promise<string>((resolve) => {
    socket.once('connect', () => resolve('ok'));
    socket.once('connect_error', (error) => resolve((error as { data?: { code: string } }).data?.code ?? 'closed'));
  });
  if (answer === 'ok') callers.push(socket);
  else socket.close();
  return answer;
}

const callers: Socket[] = [];
afterEach(() => {
  for (const socket of callers.splice(0)) socket.close();
});

const held = (app: TestApp): number => app.get(Hub).count().subscriptions;

/** Resolves with what the next connection to end was ended for. */
const nextEnd = (app: TestApp): Promise<string> =>
  new Promise((resolve) => app.get(LifecycleEvents).on('jira.connection_closed', ({ reason }) => resolve(reason)));

const clientAddress: JiraOptions['clientAddress'] = ({ headers }) => String(headers['x-address'] ?? '127.0.0.1');
const FROM_AFAR = { 'x-address': '192.0.2.1' };

interface Reach {
  readonly limit: number;
  /** Other limits that would be met before. */
  readonly beside?: Partial<Limits>;
  readonly options?: JiraOptions;
  readonly app?: Partial<TestAppOptions>;
  /** What is within it, then what is beyond. */
  readonly reach: (client: TestClient, app: TestApp) => Promise<readonly unknown[]>;
  readonly names: readonly unknown[];
}

/** Those that no single client meets: the test that reaches each. */
const ELSEWHERE = {
  relationDepth: 'test/security/every-limit.test.ts',
  drainMs: 'test/lifecycle/shutdown.test.ts',
  queuedMessages: 'test/messaging/messages.test.ts',
  messageTtlMs: 'test/messaging/messages.test.ts',
  reservedPoolPercent: 'test/neighbours/turns.test.ts',
  userPoolPercent: 'test/neighbours/turns.test.ts',
} as const satisfies Partial<Record<keyof Limits, string>>;

const QUERY = 'VALIDATION_FAILED';

const REACHES: Readonly<Record<Exclude<keyof Limits, keyof typeof ELSEWHERE>, Reach>> = {
  frameBytes: {
    limit: 1_000,
    options: { plainWebSockets: [{ path: '/ws' }] },
    reach: async (client, { url }) => {
      const within = await list(client, { title__icontains: 'x'.repeat(500) });
      await using plain = await new PlainClient(`${url}/ws?token=user-1`).open();
      plain.send({ event: 'issues', data: 'x'.repeat(2_000) });
      await plain.over();
      client.socket.emit('issues', 'x'.repeat(2_000));
      return [within, await farewell(client), plain.frames, plain.closed];
    },
    names: [
      'ok',
      'FRAME_TOO_LARGE',
      [{ event: '$disconnect', data: { code: 'FRAME_TOO_LARGE', status: 413 } }],
      { code: 1009, reason: 'FRAME_TOO_LARGE' },
    ],
  },
  jsonDepth: {
    limit: 4,
    reach: async (client) => [await list(client, { a: { b: {} } }), await list(client, { a: { b: { c: { d: {} } } } })],
    names: [QUERY, 'MALFORMED_FRAME'],
  },
  jsonKeys: {
    limit: 30,
    reach: async (client) => [
      await list(client, {}),
      await list(client, Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, n]))),
    ],
    names: ['ok', 'MALFORMED_FRAME'],
  },
  inValues: {
    limit: 2,
    reach: async (client) => [await list(client, { status__in: 'a,b' }), await list(client, { status__in: 'a,b,c' })],
    names: ['ok', QUERY],
  },
  stringLength: {
    limit: 5,
    reach: async (client) => [
      await list(client, { title__icontains: '12345' }),
      await list(client, { title__icontains: '123456' }),
    ],
    names: ['ok', QUERY],
  },
  orderingFields: {
    limit: 1,
    reach: async (client) => [await list(client, { ordering: '-id' }), await list(client, { ordering: '-id,title' })],
    names: ['ok', QUERY],
  },
  terms: {
    limit: 2,
    reach: async (client) => [
      await list(client, { status: 'open', projectId: 1 }),
      await list(client, { status: 'open', $or: [{ projectId: 1 }, { projectId: 2 }] }),
      await list(client, { search: 'three small words' }),
    ],
    names: ['ok', QUERY, QUERY],
  },
  queryWeight: {
    limit: 5,
    reach: async (client) => [
      await list(client, { status: 'open', title__icontains: 'a' }),
      await list(client, { title__icontains: 'a', search: 'b' }),
    ],
    names: ['ok', QUERY],
  },
  userWeightPerSecond: {
    limit: 1,
    beside: { burstSeconds: 1 },
    reach: async (client, app) => [
      await list(client, { title__icontains: 'a' }),
      await list(await app.connect(1), { title__icontains: 'a' }),
      await list(client, {}),
      await list(await app.connect(2), { title__icontains: 'a' }),
    ],
    names: ['ok', 'TOO_MANY_REQUESTS', 'ok', 'ok'],
  },
  orDepth: {
    limit: 2,
    reach: async (client) => [
      await list(client, { $or: [{ $or: [{ projectId: 1 }] }] }),
      await list(client, { $or: [{ $or: [{ $or: [{ projectId: 1 }] }] }] }),
    ],
    names: ['ok', QUERY],
  },
  searchWords: {
    limit: 2,
    reach: async (client) => [
      await list(client, { search: 'two words' }),
      await list(client, { search: 'now three words' }),
    ],
    names: ['ok', QUERY],
  },
  pageSize: {
    limit: 2,
    options: { pageSize: 1 },
    reach: async (client, { dataSource }) => {
      for (const title of ['a', 'b', 'c']) await dataSource.manager.save(Issue, { title, projectId: 1 });
      const sizes = [2, 50].map((page_size) => client.call('issues', 'list', 'GET', { query: { page_size } }));
      return (await Promise.all(sizes)).map(({ data }) => (data as { results: unknown[] }).results.length);
    },
    names: [2, 2],
  },
  expandedRows: {
    limit: 2,
    app: BLOG,
    reach: async (client, app) => {
      await seedBlog(app);
      const ask = async (query: object): Promise<string> =>
        codeOf(await client.call('posts', 'list', 'GET', { query }));
      return [await ask({ expand: 'author' }), await ask({ expand: 'comments' })];
    },
    names: ['ok', QUERY],
  },
  answerBytes: {
    limit: 2_000,
    reach: async (client) => [await text(client, 1_000), await text(client, 3_000), await text(client, 1_000)],
    names: ['ok', 'ANSWER_TOO_LARGE', 'ok'],
  },
  requestsInFlight: {
    limit: 3,
    reach: async (client) => {
      const waiting = burst(client, 3, 'doors', 'wait');
      const beyond = await burst(client, 1, 'doors', 'wait');
      gate.resolve();
      return [await waiting, beyond];
    },
    names: [['ok'], ['TOO_MANY_REQUESTS']],
  },
  userRequestsInFlight: {
    limit: 3,
    reach: async (client, app) => {
      const tab = await app.connect(1);
      const waiting = burst(client, 3, 'doors', 'wait');
      await expect.poll(() => app.get(Connections).byUser({ id: 1 })[0]?.inFlight).toBe(3);
      const [beyond, other] = [await burst(tab, 1), await list(await app.connect(2), {})];
      gate.resolve();
      return [await waiting, beyond, other];
    },
    names: [['ok'], ['TOO_MANY_REQUESTS'], 'ok'],
  },
  requestsPerSecond: {
    limit: 1,
    beside: { burstSeconds: 2 },
    reach: async (client) => [await burst(client, 2), (await burst(client, 4)).includes('TOO_MANY_REQUESTS')],
    names: [['ok'], true],
  },
  userRequestsPerSecond: {
    limit: 1,
    beside: { burstSeconds: 2 },
    reach: async (client, app) => [
      await burst(client, 2),
      (await burst(await app.connect(1), 4)).includes('TOO_MANY_REQUESTS'),
      await burst(await app.connect(2), 2),
    ],
    names: [['ok'], true, ['ok']],
  },
  burstSeconds: {
    limit: 1,
    beside: { requestsPerSecond: 3 },
    reach: async (client) => [await burst(client, 3), (await burst(client, 8)).includes('TOO_MANY_REQUESTS')],
    names: [['ok'], true],
  },
  refusedRequests: {
    limit: 5,
    beside: { requestsPerSecond: 1, burstSeconds: 1 },
    reach: async (client) => {
      const codes = await burst(client, 4);
      void burst(client, 10).catch(() => undefined);
      return [codes, await farewell(client)];
    },
    names: [['ok', 'TOO_MANY_REQUESTS'], 'TOO_MANY_REQUESTS'],
  },
  malformedFrames: {
    limit: 2,
    reach: async (client) => {
      const answers = [await client.call('issues', 7 as never, 'GET'), await client.call('issues', 7 as never, 'GET')];
      client.socket.emit('issues', 'no object');
      return [answers.map(codeOf), await farewell(client)];
    },
    names: [['MALFORMED_FRAME', 'MALFORMED_FRAME'], 'MALFORMED_FRAME'],
  },
  subscriptions: {
    limit: 2,
    reach: async (client) => {
      const subscribe = (count: number) => burst(client, count, 'issues', 'subscribe', 'SUBSCRIPTION');
      return [await subscribe(2), await subscribe(1)];
    },
    names: [['ok'], ['TOO_MANY_SUBSCRIPTIONS']],
  },
  rooms: {
    limit: 2,
    reach: async (client) => {
      const enter = async (room: string) => codeOf((await client.socket.emitWithAck('enter', room)) as AnswerFrame);
      const watch = async (rooms: number[]) =>
        codeOf(await client.call('doors', 'watch', 'SUBSCRIPTION', { query: { rooms } }));
      return [await enter('a'), await enter('b'), await enter('c'), await watch([1, 2]), await watch([1, 2, 3])];
    },
    names: ['ok', 'ok', 'TOO_MANY_ROOMS', 'ok', 'TOO_MANY_ROOMS'],
  },
  connectionsPerUser: {
    limit: 2,
    reach: async (_client, app) => [await handshake(app), await handshake(app), await handshake(app, {}, 'user-2')],
    names: ['ok', 'TOO_MANY_CONNECTIONS', 'ok'],
  },
  connectionsPerAddress: {
    limit: 1,
    options: { clientAddress },
    reach: async (_client, app) => [
      await handshake(app, FROM_AFAR),
      await handshake(app, FROM_AFAR),
      await handshake(app),
    ],
    names: ['ok', 'TOO_MANY_CONNECTIONS', 'ok'],
  },
  handshakesPerSecond: {
    limit: 1,
    beside: { burstSeconds: 2 },
    options: { clientAddress },
    reach: async (_client, app) => {
      const codes: string[] = [];
      for (let n = 0; n < 6; n++) codes.push(await handshake(app, FROM_AFAR));
      return [codes.slice(0, 2), codes.includes('TOO_MANY_CONNECTIONS'), await handshake(app)];
    },
    names: [['ok', 'ok'], true, 'ok'],
  },
  handshakeTimeoutMs: {
    limit: 500,
    options: { authentication: [new Slow()] },
    reach: async (_client, app) => [await handshake(app), await handshake(app, {}, 'late')],
    names: ['ok', 'TIMEOUT'],
  },
  silenceTimeoutMs: {
    limit: 300,
    reach: async (client, app) => {
      await using silent = await new PlainClient(`${app.url}/socket.io/?EIO=4&transport=websocket`).open();
      await silent.over();
      return [silent.closed !== undefined, await list(client, {})];
    },
    names: [true, 'ok'],
  },
  bufferedBytes: {
    limit: 100_000,
    options: { plainWebSockets: [{ path: '/ws' }] },
    reach: async (client, app) => {
      const ends: string[] = [];
      for (const open of [slowSocket, (url: string) => slowPlainSocket(url, '/ws?token=user-1')]) {
        const ended = nextEnd(app);
        const slow = await open(app.url, 'user-1');
        const state = { isOver: false };
        void ended.then(() => (state.isOver = true));
        for (let n = 0; n < 3_000 && !state.isOver; n++) {
          app.get(JiraServer).emit('news', 'x'.repeat(10_000));
          await new Promise(setImmediate);
        }
        ends.push(await ended);
        slow.destroy();
      }
      return [await list(client, {}), ...ends.map((end) => end.includes('SLOW_CLIENT'))];
    },
    names: ['ok', true, true],
  },
  actionTimeoutMs: {
    limit: 50,
    reach: async (client) => [await list(client, {}), codeOf(await client.call('doors', 'wait', 'GET'))],
    names: ['ok', 'TIMEOUT'],
  },
  heldFrames: {
    limit: 2,
    reach: async (client, app) => {
      const seen: unknown[] = [];
      for (const count of [2, 3]) {
        gate = closedGate();
        const [late, probe] = [await app.connect(1), await app.connect(1)];
        const subscribed = late.call('issues', 'subscribe', 'SUBSCRIPTION', { headers: { late: true } });
        await expect.poll(() => held(app)).toBe(1);
        await probe.subscribe('issues');
        for (let n = 0; n < count; n++) await app.dataSource.manager.save(Issue, { title: 'held', projectId: 1 });
        await probe.nextChanges('issues', count);
        gate.resolve();
        await subscribed;
        await late.until(() => late.changes('issues').length > 0);
        seen.push([...new Set(late.changes('issues').map(({ type }) => type))]);
        late.close();
        probe.close();
        await expect.poll(() => held(app)).toBe(0);
      }
      return [await list(client, {}), ...seen];
    },
    names: ['ok', ['added'], ['reset']],
  },
  changesPerCommit: {
    limit: 2,
    reach: async (client, app) => {
      const seen: unknown[] = [];
      for (const count of [2, 3]) {
        const probe = await app.connect(1);
        await probe.subscribe('issues');
        await app.dataSource.manager.save(Array.from({ length: count }, () => Object.assign(new Issue(), { title: 'many', projectId: 1 }))); // prettier-ignore
        await probe.settled('issues');
        seen.push(probe.changes('issues').map(({ type }) => type));
        probe.close();
      }
      return [await list(client, {}), ...seen];
    },
    names: ['ok', ['added', 'added'], ['added', 'added', 'reset']],
  },
  streamItems: {
    limit: 3,
    reach: async (_client, app) => {
      const djira = await app.connect(1, { jira: undefined });
      const count = async (to: number) => codeOf(await djira.call('doors', 'count', 'GET', { query: { to } }));
      return [await count(3), await count(4)];
    },
    names: ['ok', 'STREAM_OVERFLOW'],
  },
};

describe('limits', () => {
  it('are all reached here', () => {
    expect(Object.keys({ ...REACHES, ...ELSEWHERE }).toSorted()).toEqual(Object.keys(DEFAULT_LIMITS).toSorted());
    for (const [name, file] of Object.entries(ELSEWHERE)) expect(readFileSync(file, 'utf8')).toContain(name);
  });

  it('are all explained in the guide', () => {
    const guide = readFileSync('docs/security.md', 'utf8');
    expect(Object.keys(DEFAULT_LIMITS).filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });

  it.each(Object.entries(REACHES))('%s: what is within works, what is beyond has a name', async (name, reach) => {
    gate = closedGate();
    const limits = { ...reach.beside, [name]: reach.limit };
    await using app = await createTestApp({ ...APP, ...reach.app, options: { ...reach.options, limits } });
    if (!reach.app) await seedTracker(app);
    try {
      expect(await reach.reach(await app.connect(1), app)).toEqual(reach.names);
    } finally {
      gate.resolve();
    }
  });

  it('relationDepth: a hook that would cross more does not start', async () => {
    const start = (relationDepth: number) =>
      createTestApp({ ...APP, providers: [DeepHook], options: { limits: { relationDepth } } });
    await expect(start(1)).rejects.toThrow('across more than 1 relations');
    await (await start(2)).close();
  });

  it('let a page open with 150 requests at once, of each of its user’s five tabs, unless told otherwise', async () => {
    const { requestsPerSecond, userRequestsPerSecond } = DEFAULT_LIMITS;
    const limits = { requestsPerSecond, userRequestsPerSecond };
    await using app = await createTestApp({ ...APP, options: { limits } });
    await seedTracker(app);
    const tabs = await Promise.all(Array.from({ length: 5 }, () => app.connect(1)));
    expect(await Promise.all(tabs.map((tab) => burst(tab, 150)))).toEqual(tabs.map(() => ['ok']));
  });
});
