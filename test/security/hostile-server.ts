// A server in a process of its own, so that its memory is its own. Tells its URL, and what it holds when asked.

import 'reflect-metadata';
import { ModulesContainer } from '@nestjs/core';
import { Connections, JiraServer, LifecycleEvents } from 'nestjs-jira';
import { SocketIoConnection } from '../../libs/jira/src/transport/socket-io/socket-io-connection.js';
import { createTestApp } from '../support/app.js';
import { seedTracker, TRACKER } from '../support/tracker.js';
import { sizesOf } from './sizes.js';

const MANY = 1e9;
/** The flood is to reach what is behind the rates; whoever asks for them has them. */
const UNHURRIED = {
  requestsPerSecond: MANY,
  userRequestsPerSecond: MANY,
  malformedFrames: MANY,
  refusedRequests: MANY,
};

const app = await createTestApp({
  ...TRACKER,
  database: { type: 'better-sqlite3', database: ':memory:' },
  options: {
    plainWebSockets: [{ path: '/ws', pingIntervalMs: 2_000 }],
    socketIo: { pingInterval: 2_000, pingTimeout: 2_000, connectTimeout: 1_000 },
    limits: { ...UNHURRIED, handshakeTimeoutMs: 1_000, bufferedBytes: 200_000 },
  },
});
await seedTracker(app);
const ends: Record<string, number> = {};
app.get(LifecycleEvents).on('jira.connection_closed', ({ reason }) => (ends[reason] = (ends[reason] ?? 0) + 1));

/** What Socket.IO holds, as seen from any connection; none = nobody is there. */
function socketIoSizes(): Record<string, number> {
  const any = app.get(Connections).all().find((one) => one instanceof SocketIoConnection); // prettier-ignore
  if (!any) return {};
  const { nsp, conn } = any.socket;
  const { server } = conn as unknown as { server: { clientsCount: number; listenerCount(event: string): number } };
  return {
    'Socket.IO sockets': nsp.sockets.size,
    'Socket.IO rooms': nsp.adapter.rooms.size,
    'Socket.IO sids': nsp.adapter.sids.size,
    'Engine.IO clients': server.clientsCount,
    'Engine.IO listeners': server.listenerCount('connection'),
  };
}

function look(): object {
  globalThis.gc?.();
  const instances: unknown[] = [];
  for (const { providers } of app.get(ModulesContainer).values())
    for (const { instance } of providers.values()) instances.push(instance);
  const handles = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
  const { heapUsed, rss } = process.memoryUsage();
  return {
    heap: heapUsed,
    rss,
    ends,
    sizes: { ...sizesOf(instances), ...socketIoSizes(), 'open TCP sockets': handles },
  };
}

/** Sends an event to everybody, a little at a time: those who read keep up. Tells how many are there afterwards. */
async function shout(count: number, bytes: number): Promise<object> {
  for (let n = 0; n < count; n++) {
    app.get(JiraServer).emit('news', 'x'.repeat(bytes));
    if (n % 5 === 0) await new Promise(setImmediate);
  }
  return { connections: app.get(Connections).size, rss: process.memoryUsage().rss };
}

process.on('message', ({ count, bytes = 0 }: { count?: number; bytes?: number }) => {
  if (count === undefined) process.send?.(look());
  else void shout(count, bytes).then((told) => process.send?.(told));
});
process.on('disconnect', () => process.exit());
process.send?.({ url: app.url });
