// What is asked and encoded once for many who come, and what never is.

import type { ResumedData } from 'nestjs-jira-protocol';
import { describe, expect, it } from 'vitest';
import { Action, Hook, type ActionScope, type HookScope, type JiraMiddleware } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { Issue, IssueHook, ProjectHook, seedTracker, TRACKER } from '../support/tracker.js';
import { Logger, type TypeORMLogger } from './support/counting-logger.js';

const CLIENTS = 40;
/** Of a page: its rows, and how many there are. */
const STATEMENTS = 2;
/** Of a channel: what memberships say now. */
const RELATED = 1;

class World implements AsyncDisposable {
  private constructor(
    readonly app: TestApp,
    private readonly logger: Logger,
  ) {}

  static async open(hook: typeof IssueHook = IssueHook, middleware: JiraMiddleware[] = []): Promise<World> {
    const logger = new Logger();
    const database = { type: 'better-sqlite3', database: ':memory:', logging: true, logger: logger as TypeORMLogger } as const;
    const app = await createTestApp({ ...TRACKER, providers: [hook, ProjectHook], database, options: { middleware } });
    await seedTracker(app);
    await app.dataSource.manager.save(Issue, ['a', 'b', 'c'].map((title) => ({ title, projectId: 1 }))); // prettier-ignore
    return new World(app, logger);
  } // prettier-ignore

  /** Statements, and for how many equal reads there was time: they are shared for a second. */
  async count(work: () => Promise<unknown>): Promise<{ statements: number; turns: number }> {
    this.logger.count = 0;
    const began = performance.now();
    await work();
    return { statements: this.logger.count, turns: 1 + Math.floor((performance.now() - began) / 990) };
  }

  connect(count: number): Promise<TestClient[]> {
    return Promise.all(Array.from({ length: count }, () => this.app.connect(2)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
  }
}

async function snapshot(client: TestClient, query: object | true = true): Promise<string[]> {
  const headers = { resume: null, snapshot: query };
  const answer = await client.call('issues', 'subscribe', 'SUBSCRIPTION', { headers });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  return ((answer.data as ResumedData).snapshot as { results: Issue[] }).results.map(({ title }) => title);
}

describe('equal snapshots', () => {
  it('are read once for all who ask at one time', async () => {
    await using world = await World.open();
    const clients = await world.connect(CLIENTS);
    let found: string[][] = [];
    const { statements, turns } = await world.count(async () => {
      found = await Promise.all(clients.map((client) => snapshot(client)));
    });
    expect(found).toEqual(clients.map(() => ['a', 'b', 'c']));
    expect(statements).toBeLessThanOrEqual(RELATED + STATEMENTS * turns);
  });

  it('are as new as the last commit', async () => {
    await using world = await World.open();
    const clients = await world.connect(10);
    for (const [n, client] of clients.entries()) {
      await world.app.dataSource.manager.save(Issue, { title: `${n}`, projectId: 1 });
      expect((await snapshot(client)).at(-1)).toBe(`${n}`);
    }
  });

  it('are those of one audience and one query', async () => {
    await using world = await World.open();
    await world.app.dataSource.manager.save(Issue, { title: 'of another project', projectId: 2 });
    const [ada, grace] = [await world.app.connect(1), await world.app.connect(2)];
    const answers = await Promise.all([
      snapshot(ada),
      snapshot(grace),
      snapshot(grace, { ordering: '-title' }),
      snapshot(grace, { page_size: 1 }),
      snapshot(grace, { page_size: 1, page: 2 }),
      snapshot(grace, { title__icontains: 'b' }),
    ]);
    const all = ['a', 'b', 'c'];
    expect(answers).toEqual([[...all, 'of another project'], all, ['c', 'b', 'a'], ['a'], ['b'], ['b']]);
  });

  it('are refused to who may not list', async () => {
    @Hook('issues')
    class ListedHook extends IssueHook {
      @Action({ permissions: [{ hasPermission: ({ headers }: HookScope) => headers['key'] === 'right' }] })
      override list(scope: ActionScope<undefined>) {
        return super.list(scope);
      }
    }
    await using world = await World.open(ListedHook);
    const [one, other] = await world.connect(2);
    const ask = (client: TestClient, key: string) =>
      client.call('issues', 'subscribe', 'SUBSCRIPTION', { headers: { snapshot: true, key } });
    expect([(await ask(one, 'right')).status, (await ask(other, 'wrong')).status]).toEqual([200, 403]);
  });

  it('are read for each where code of the application may answer each something else', async () => {
    const seen: unknown[] = [];
    const middleware: JiraMiddleware = {
      async use(scope, next) {
        const answer = await next();
        const { results } = (answer.data ?? {}) as { results?: { title: string; secret?: string }[] };
        // Rows that were another's would show the word already.
        for (const row of results ?? []) {
          seen.push(row.secret);
          row.secret = scope.connection.id;
        }
        return answer;
      },
    };
    await using world = await World.open(IssueHook, [middleware]);
    const clients = await world.connect(5);
    const { statements } = await world.count(() => Promise.all(clients.map((client) => snapshot(client))));
    expect(statements).toBe(RELATED + STATEMENTS * clients.length);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });
});
