// One of several servers on one Redis and one database, in a process of its own: hooks, both doors, and what it emits.

import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { EventContext, EventHandlers, JiraServer, OnChange, OnMessage, type Change } from 'nestjs-jira';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp } from '../support/app.js';
import { Issue, TRACKER } from '../support/tracker.js';

const [url = '', prefix = '', file = ''] = process.argv.slice(3);

@Injectable()
class News {
  constructor(private readonly server: JiraServer) {}

  /** Once a change, for everybody in the room. */
  @OnChange(Issue)
  tell({ after }: Change<Issue>): void {
    if (after) this.server.emit('news', after.title, { room: 'lobby' });
  }

  /** In each process, for its own clients. */
  @OnChange(Issue, { everywhere: true })
  pulse({ after }: Change<Issue>): void {
    if (after) this.server.emit('pulse', after.title, { local: true });
  }
}

@EventHandlers()
class Lobby {
  constructor(private readonly server: JiraServer) {}

  @OnMessage('enter') enter({ connection }: EventContext) {
    connection.join('lobby');
    return null;
  }

  @OnMessage('shout') shout({ payload }: EventContext) {
    this.server.emit('shouted', payload);
    return null;
  }
}

const app = await createTestApp({
  ...TRACKER,
  providers: [...TRACKER.providers, News, Lobby],
  database: { type: 'better-sqlite3', database: file, enableWAL: true },
  options: {
    plainWebSockets: [{ path: '/ws' }],
    ...redisCluster({ url, prefix, leaseMs: 1_500 }),
  },
});
process.on('disconnect', () => process.exit());
process.send?.({ url: app.url });
