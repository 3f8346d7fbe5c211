// One of several servers that share rooms, presence and messages, in a process of its own.

import 'reflect-metadata';
import type { DataSourceOptions } from 'typeorm';
import { Action, ActionScope, BaseHook, Broadcast, Hook, Messages, PresenceHook } from 'nestjs-jira';
import { typeOrmCluster } from 'nestjs-jira/typeorm-cluster';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp } from '../support/app.js';

interface Place {
  readonly redis?: { readonly url: string; readonly prefix: string };
  readonly database?: DataSourceOptions;
}

const { redis, database } = JSON.parse(process.argv[3]) as Place;
const timing = { leaseMs: 3_000, pollMs: 50 };

@Hook('rooms')
class RoomsHook extends BaseHook {
  constructor(
    private readonly broadcast: Broadcast,
    private readonly messages: Messages,
  ) {
    super();
  }

  @Action({ methods: ['SUBSCRIPTION'] })
  enter({ connection, query }: ActionScope) {
    return this.broadcast.room(String(query['room'])).add(connection);
  }

  /** Keys of the members' users. */
  @Action()
  async members({ query }: ActionScope) {
    return (await this.broadcast.room(String(query['room'])).members()).map(({ user }) => user);
  }

  @Action({ methods: ['POST'] })
  send({ query, data }: ActionScope) {
    return this.messages.send(query as { room: string } | { user: unknown }, 'note', data);
  }
}

@Hook('presence')
class EverybodyHook extends PresenceHook {
  visibility(): boolean {
    return true;
  }
}

const app = await createTestApp({
  entities: [],
  providers: [RoomsHook, EverybodyHook],
  options: redis ? redisCluster({ ...redis, ...timing }) : typeOrmCluster(database as DataSourceOptions, timing),
});
for (const event of ['open', 'close'] as const)
  app.get(Broadcast).on(event, (room) => process.send?.({ told: `${event} ${room}` }));
process.on('disconnect', () => process.exit());
process.send?.({ url: app.url });
