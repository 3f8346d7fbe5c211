// The testing kit's application on the database of this test run, with users known by short tokens.

import { Injectable, Module, type Provider } from '@nestjs/common';
import { BearerTokenAuthentication, TokenVerifier, type JiraOptions, type Limits } from 'nestjs-jira';
import { createTestApp as createApp, type TestApp, type TestAppOptions as KitOptions } from 'nestjs-jira/testing';
import { freshDatabase } from './databases.js';
import { recordFrames } from './recording.js';

export { TestClient, type TestApp } from 'nestjs-jira/testing';

export interface TestUser {
  readonly id: number;
  readonly role?: string;
}

/** Knows the tokens `user-<id>` and `user-<id>-<role>`. All others are refused, `expired` for example. */
@Injectable()
class TestTokens extends TokenVerifier {
  verify(token: string): TestUser | null {
    const match = /^user-(\d+)(?:-(\w+))?$/.exec(token);
    return match ? { id: Number(match[1]), ...(match[2] && { role: match[2] }) } : null;
  }
}

@Module({ providers: [{ provide: TokenVerifier, useClass: TestTokens }], exports: [TokenVerifier] })
class TestTokensModule {}

export interface TestAppOptions extends KitOptions {
  readonly providers: readonly Provider[];
  readonly options?: JiraOptions;
}

/** Tests send faster than clients do. Tests of rate limits set their own. */
const UNHURRIED: Partial<Limits> = {
  requestsPerSecond: 100_000,
  userRequestsPerSecond: 100_000,
  userWeightPerSecond: 1e6,
};

/**
 * Starts an application. If the options name no database, it gets a new one, which `close()` drops: where `runOn` or
 * `DATABASE_URL` says, else SQLite in memory.
 */
export async function createTestApp({ database, options, ...rest }: TestAppOptions): Promise<TestApp> {
  const { place, drop } = database ? { place: database, drop: undefined } : await freshDatabase();
  const app = await createApp({
    ...rest,
    database: { ...place, synchronize: true },
    options: {
      authentication: [BearerTokenAuthentication],
      imports: [TestTokensModule],
      ...options,
      limits: { ...UNHURRIED, ...options?.limits },
    },
    tokenOf: ({ id }) => `user-${id}`,
    ...(process.env['TEST_LOG'] && { logger: ['fatal', 'error', 'warn', 'log'] }),
  });
  await recordFrames(app);
  const end = app.close.bind(app);
  const close = async (): Promise<void> => {
    await end();
    await drop?.();
  };
  return Object.assign(app, { close, [Symbol.asyncDispose]: close });
}
