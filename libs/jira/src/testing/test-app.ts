// A Nest application with hooks on a real database and real sockets, and clients for it.

import type { ApiDescription } from 'nestjs-jira-protocol';
import type { INestApplication, LoggerService, LogLevel, ModuleMetadata, Provider, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions, type EntityTarget } from 'typeorm';
import { BearerTokenAuthentication } from '../policy/authentication/bearer-token.authentication.js';
import type { BaseHook } from '../hooks/base-hook.js';
import type { JiraExtras, JiraOptions } from '../nest/module/jira-options.js';
import { JiraModule } from '../nest/module/jira.module.js';
import { Hub } from '../live/delivery/hub.js';
import { ManualChangeSource } from './manual-change-source.js';
import { TestClient } from './test-client.js';
import { TestUsersModule, testTokenOf, type TestUser } from './test-users.js';

/** Options of `createTestApp()`. */
export interface TestAppOptions {
  /** Classes with `@Hook()`. */
  readonly hooks?: readonly Type<BaseHook>[];
  /** Entities of the database. */
  readonly entities: readonly EntityTarget<object>[];
  /** Providers that the hooks inject. */
  readonly providers?: readonly Provider[];
  readonly imports?: Readonly<NonNullable<ModuleMetadata['imports']>>;
  /** Options of `JiraModule.forRoot`. @default an `authentication` that knows the users of `connect()` */
  readonly options?: JiraOptions & JiraExtras;
  /** The database. Its tables are created. @default SQLite in memory, with better-sqlite3 */
  readonly database?: DataSourceOptions;
  /** Returns the token of a user, for applications with an authentication of their own. */
  readonly tokenOf?: (user: TestUser) => string;
  /** Port to listen on. @default a free port */
  readonly port?: number;
  /** Nest's logger, or the levels to log. @default `['fatal']`, because tests provoke errors */
  readonly logger?: LoggerService | LogLevel[] | false;
  /** Runs before the application starts listening. */
  readonly configure?: (app: INestApplication) => void;
}

/**
 * A running application.
 *
 * @typeParam Api what its test clients may call, as for `createClient`
 */
export interface TestApp<Api = ApiDescription> extends AsyncDisposable {
  /** Its address, on the loopback interface. */
  readonly url: string;
  /** The data source of the application, for rows that a test writes or reads itself. */
  readonly dataSource: DataSource;
  /** Announces changes without a write. */
  readonly changes: ManualChangeSource;
  /** Returns a provider of any module. */
  get<T>(token: Type<T>): T;
  /** Handshake credentials of a user (a number is the user's id; omit it for anonymous), for any client. */
  authOf(user?: TestUser | number): { token?: string };
  /** Connects a client. `auth` is added to the handshake's `auth`. Rejects with the error if the handshake is refused. */
  connect(user?: TestUser | number, auth?: Record<string, unknown>): Promise<TestClient<Api>>;
  /** Closes the application as a deployment does: its clients stay and can watch. */
  shutDown(): Promise<void>;
  /** Closes its clients and the application. `await using` calls this. */
  close(): Promise<void>;
}

/**
 * Starts an application with these hooks.
 *
 * @example
 * await using app = await createTestApp({ hooks: [IssueHook], entities: [Issue] });
 * const ada = await app.connect({ id: 1, role: 'admin' });
 * await ada.call('issues', 'create', 'POST', { data: { title: 'Ship it' } });
 */
export async function createTestApp<Api = ApiDescription>(testOptions: TestAppOptions): Promise<TestApp<Api>> {
  const { hooks = [], providers = [], port = 0, configure } = testOptions;
  const module = await Test.createTestingModule({
    imports: importsOf(testOptions),
    providers: [...hooks, ...providers],
  }).compile();
  const app = module.createNestApplication({ logger: testOptions.logger ?? ['fatal'] });
  configure?.(app);
  await app.listen(port, '127.0.0.1');
  return new RunningApp<Api>(
    app,
    (await app.getUrl()).replace('[::1]', '127.0.0.1'),
    testOptions.tokenOf ?? testTokenOf,
  );
}

/** One secret for all processes of a test, so that clients can resume in another process. */
const SECRET = 'known to everybody, fit for tests';

/** Twelve days: a heartbeat would find a connection dead whenever a test turns the clock. */
const PING_INTERVAL_MS = 2 ** 30;

function importsOf({ entities, imports = [], options: given, database }: TestAppOptions): ModuleMetadata['imports'] {
  const resume = { secret: SECRET, ...given?.resume };
  const options = { ...given, resume, socketIo: { pingInterval: PING_INTERVAL_MS, ...given?.socketIo } };
  const ofUsers = { authentication: [BearerTokenAuthentication], imports: [TestUsersModule] };
  const databaseOptions: DataSourceOptions = database ?? { type: 'better-sqlite3', database: ':memory:' };
  return [
    TypeOrmModule.forRoot({ synchronize: true, ...databaseOptions, entities: [...entities] as never }),
    JiraModule.forRoot(options.authentication ? options : { ...options, ...withImports(ofUsers, options) }),
    ...imports,
  ];
}

function withImports<O extends Required<JiraExtras>>(own: O, { imports = [] }: JiraExtras): O {
  return { ...own, imports: [...own.imports, ...imports] };
}

class RunningApp<Api> implements TestApp<Api> {
  readonly dataSource: DataSource;
  readonly changes: ManualChangeSource;
  private readonly clients: TestClient<Api>[] = [];
  private shutdown?: Promise<void>;

  constructor(
    private readonly app: INestApplication,
    readonly url: string,
    private readonly tokenOf: (user: TestUser) => string,
  ) {
    this.dataSource = app.get(DataSource);
    this.changes = new ManualChangeSource(this.dataSource);
    this.get(Hub).connect(this.changes);
  }

  get<T>(token: Type<T>): T {
    return this.app.get<T>(token, { strict: false });
  }

  authOf(user?: TestUser | number): { token?: string } {
    if (user === undefined) return {};
    return { token: this.tokenOf(typeof user === 'number' ? { id: user } : user) };
  }

  async connect(user?: TestUser | number, auth: Record<string, unknown> = {}): Promise<TestClient<Api>> {
    const client = new TestClient<Api>(this.url, { jira: 2, ...this.authOf(user), ...auth });
    this.clients.push(client);
    await client.connected();
    return client;
  }

  shutDown(): Promise<void> {
    return (this.shutdown ??= this.app.close());
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.shutDown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
