// Shared by the client's tests.

import { expect } from 'vitest';
import {
  createClient,
  JiraClientError,
  type ClientOptions,
  type ConnectionState,
  type JiraClient,
} from 'nestjs-jira-client';
import type { ApiDescription } from 'nestjs-jira-protocol';
import { StubServer } from './stub-server.js';

/** A stub server and its clients. All are closed when the test's block ends. */
export class Bench implements AsyncDisposable {
  private readonly clients: { close(): void }[] = [];

  constructor(readonly server: StubServer) {}

  static async start(): Promise<Bench> {
    return new Bench(await StubServer.start());
  }

  /** Creates a client that reconnects and refetches quickly. */
  client<Api extends ApiDescription = ApiDescription>(options: ClientOptions = {}): JiraClient<Api> {
    const quick = { reconnectMinMs: 10, reconnectMaxMs: 40, resetJitterMs: 0 };
    const jira = createClient<Api>(this.server.url, { ...quick, ...options });
    this.clients.push(jira);
    return jira;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const jira of this.clients) jira.close();
    await this.server.stop();
  }
}

/** Resolves with the error that a promise rejects with. Expects a `JiraClientError`. */
export async function failureOf(promise: Promise<unknown>): Promise<JiraClientError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(JiraClientError);
  return error as JiraClientError;
}

/** Resolves as soon as the client is in this state. */
export function reached(jira: Pick<JiraClient, 'connection'>, state: ConnectionState): Promise<void> {
  return new Promise((resolve) => {
    if (jira.connection.state === state) return resolve();
    const stop = jira.connection.onState((now) => {
      if (now !== state) return;
      stop();
      resolve();
    });
  });
}
