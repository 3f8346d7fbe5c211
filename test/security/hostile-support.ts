// Shared by the tests of hostile clients: a server in a process of its own, honest clients, and raw sockets.

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { expect } from 'vitest';
import type { AnswerFrame } from 'nestjs-jira-protocol';

/** What the server holds in memory. */
export interface Held {
  readonly heap: number;
  readonly rss: number;
  /** Number of connections that have ended, by reason. */
  readonly ends: Readonly<Record<string, number>>;
  /** Size of each registry, by name. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** Registries that may grow for good, up to a bound of their own: prepared statements. */
const CACHES: ReadonlySet<string> = new Set(['DirectConnection.statements']);

export class HostileServer {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(): Promise<HostileServer> {
    const cwd = join(import.meta.dirname, '../..');
    const args = ['/test/security/hostile-server.ts'];
    const child = fork('test/support/run-module.js', args, { cwd, execArgv: ['--expose-gc'] });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new HostileServer(child, url);
  }

  /** Reports what the server holds after a garbage collection. */
  async look(): Promise<Held> {
    return this.ask({}) as Promise<Held>;
  }

  /** Sends `count` events to everybody. Resolves with the connections and the memory that are left afterwards. */
  async shout(count: number, bytes: number): Promise<{ readonly connections: number; readonly rss: number }> {
    return this.ask({ count, bytes }) as Promise<{ connections: number; rss: number }>;
  }

  /** Waits until no registry holds more than it did then: clients that are gone must leave nothing behind. */
  async isAsBefore({ sizes }: Held): Promise<void> {
    const grown = async (): Promise<unknown[]> =>
      Object.entries((await this.look()).sizes).filter(
        ([name, size]) => size > (sizes[name] ?? 0) && !CACHES.has(name),
      );
    await expect.poll(grown, { timeout: 20_000, interval: 100 }).toEqual([]);
  }

  stop(): void {
    this.child.kill();
  }

  private async ask(message: object): Promise<unknown> {
    const answer = once(this.child, 'message');
    this.child.send(message);
    return ((await answer) as [unknown])[0];
  }
}

export async function honest(url: string, userId: number): Promise<Socket> {
  const socket = io(url, { auth: { jira: 2, token: `user-${userId}` }, transports: ['websocket'], forceNew: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return socket;
}

let calls = 0;
export async function call(socket: Socket, method: string, action: string, rest: object = {}): Promise<AnswerFrame> {
  const frame = { requestId: `c${++calls}`, method, action, ...rest };
  return (await socket.timeout(20_000).emitWithAck('issues', frame)) as AnswerFrame;
}

/** Calls again and again during an attack. Resolves with the latencies in milliseconds, shortest first. */
export async function latenciesDuring(victim: Socket, attack: () => Promise<unknown>): Promise<number[]> {
  const latencies: number[] = [];
  const under = { attack: true };
  const served = (async () => {
    while (under.attack) {
      const begin = performance.now();
      expect(await call(victim, 'GET', 'list')).toMatchObject({ status: 200 });
      latencies.push(performance.now() - begin);
      await pause(5);
    }
  })();
  try {
    await attack();
  } finally {
    under.attack = false;
    await served;
  }
  return latencies.toSorted((a, b) => a - b);
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Opens an Engine.IO connection by hand. Resolves when it has joined the namespace, or was refused. */
export async function rawSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  socket.setMaxListeners(0).on('error', () => {});
  await once(socket, 'open');
  socket.send(`40${JSON.stringify({ jira: 2, token: 'user-2' })}`);
  await new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const text = (data as Buffer).toString();
      if (text === '2') socket.send('3');
      if (text.startsWith('4')) resolve(); // joined, or refused
    });
    socket.once('close', () => resolve());
  });
  return socket;
}

export async function plainSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?token=user-2`);
  socket.setMaxListeners(0).on('error', () => {});
  await Promise.race([once(socket, 'open'), once(socket, 'close')]); // open, or refused
  return socket;
}

/** Opens a TCP connection and sends the text, if there is one. */
export async function tcp(url: string, text = '', options: { allowHalfOpen?: boolean } = {}): Promise<TcpSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ...options });
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (text) socket.write(text);
  return socket;
}

export function upgrade(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n`;
}
