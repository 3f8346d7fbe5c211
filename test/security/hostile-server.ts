// A server in a process of its own, so that its memory is its own. Tells its URL, and its memory when asked.

import 'reflect-metadata';
import { createTestApp } from '../support/app.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

const app = await createTestApp({
  ...TRACKER,
  database: { type: 'better-sqlite3', database: ':memory:' },
  options: {
    plainWebSockets: [{ path: '/ws' }],
    // The flood is to reach what is behind the rates.
    limits: { requestsPerSecond: 1e9, userRequestsPerSecond: 1e9, malformedFrames: 1e9, refusedRequests: 1e9 },
  },
});
await seedTracker(app);
process.on('message', () => {
  globalThis.gc?.();
  process.send?.({ heap: process.memoryUsage().heapUsed });
});
process.on('disconnect', () => process.exit());
process.send?.({ url: app.url });
