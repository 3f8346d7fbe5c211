// The connections to one Redis, shared by everything in a process that uses it.

import { Logger } from '@nestjs/common';
import { createClient } from 'redis';
import { publish } from '../core/diagnostics/diagnostics.js';

export type RedisClient = ReturnType<typeof createClient>;

/** Which Redis to use, and under which keys. */
export interface RedisOptions {
  /** URL of the server. @default 'redis://127.0.0.1:6379' */
  readonly url?: string;
  /** Prefix of every key, so that applications can share a Redis. @default 'jira:' */
  readonly prefix?: string;
}

/** Maximum wait between attempts: long enough to spare a Redis that is starting, short enough to reconnect soon after. */
const RECONNECT_MAX_MS = 1_000;
/** How often idle connections are pinged. Blocking reads end by themselves as often. */
const PING_MS = 3_000;
/** A connection that is silent for this long counts as lost, even if its socket is open. */
const SILENCE_MS = 8_000;

/** The connections to one Redis. Pass one link to everything that uses that Redis, so that they share a connection. */
export class RedisLink {
  readonly prefix: string;
  private readonly logger = new Logger('Jira');
  private readonly clients = new Map<RedisClient, Promise<RedisClient>>();
  private shared?: ReturnType<RedisLink['open']>;
  private isFailing = false;
  isClosed = false;

  constructor(private readonly options: RedisOptions = {}) {
    this.prefix = options.prefix ?? 'jira:';
  }

  /** The connection for commands that answer at once. While Redis is unavailable, commands wait. */
  get commands(): Promise<RedisClient> {
    return (this.shared ??= this.open()).connected;
  }

  /** Whether Redis is connected now. */
  get isReady(): boolean {
    return this.shared?.client.isReady ?? false;
  }

  /** A separate connection, for blocking commands and for subscriptions. */
  open(): { readonly client: RedisClient; readonly connected: Promise<RedisClient> } {
    const client: RedisClient = createClient({
      url: this.options.url ?? 'redis://127.0.0.1:6379',
      pingInterval: PING_MS,
      socket: {
        socketTimeout: SILENCE_MS,
        reconnectStrategy: (retries) => Math.min(20 * 2 ** Math.min(retries, 10), RECONNECT_MAX_MS),
      },
    });
    // Logged once per outage, not per attempt. Without a listener the process would end.
    client.on('error', (error: Error) => {
      if (!this.isFailing && !this.isClosed) this.lost(error);
      this.isFailing = true;
    });
    client.on('ready', () => {
      if (this.isFailing) publish('cluster', { event: 'back', store: 'redis' });
      this.isFailing = false;
    });
    const connected = client.connect().then(() => client);
    connected.catch(() => undefined);
    this.clients.set(client, connected);
    return { client, connected };
  }

  private lost({ message }: Error): void {
    this.logger.error(`Redis is unavailable: ${message}`);
    publish('cluster', { event: 'lost', store: 'redis' });
  }

  end(client: RedisClient): void {
    this.clients.delete(client);
    client.destroy();
  }

  /** Idempotent: everything that shares it may close it. */
  close(): Promise<void> {
    this.isClosed = true;
    for (const client of this.clients.keys()) client.destroy();
    this.clients.clear();
    return Promise.resolve();
  }
}
