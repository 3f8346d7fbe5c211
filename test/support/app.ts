// The testing kit's application, on the database this run is about, with users known by short tokens.

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

/** Tokens are `user-<id>`; `expired` and everything else is unknown. */
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

/** Tests send faster than clients do; those about rates set their own. */
const UNHURRIED: Partial<Limits> = {
  requestsPerSecond: 100_000,
  userRequestsPerSecond: 100_000,
  userWeightPerSecond: 1e6,
};

/** @param options its database is a new one, where `DATABASE_URL` says or SQLite in memory, unless it names one */
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
