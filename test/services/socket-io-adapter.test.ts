// Two servers on one Redis whose application has installed a cluster adapter of Socket.IO too: nothing arrives twice.

import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { Broadcast, Connections, Hook, JiraServer, Messages, PresenceHook, type JiraOptions } from 'nestjs-jira';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { clusterAdapter } from '../support/cluster-adapter.js';
import { describeWith } from '../support/services.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

@Hook('presence')
class EverybodyHook extends PresenceHook {
  visibility(): boolean {
    return true;
  }
}

/** Everything a client was sent that is no answer: `event type`, in the order of the alphabet. */
function heardBy({ frames }: TestClient): string[] {
  const sent = frames.filter(({ frame }) => frame['requestId'] === undefined);
  const kindOf = ({ type, event }: Record<string, unknown>) => [type, event].filter((kind) => typeof kind === 'string');
  const named = sent.map(({ event, frame }) => [event, ...kindOf(frame)].join(' '));
  return named.toSorted((a, b) => a.localeCompare(b));
}

describeWith('redis', 'two servers with a cluster adapter of Socket.IO', (url) => {
  it('send changes, posts, messages and presence once', async () => {
    const [prefix, adapter] = [`test:${randomUUID()}:`, clusterAdapter()];
    const start = async (): Promise<TestApp> => {
      const options: JiraOptions = { socketIo: { adapter: adapter as never }, ...redisCluster({ url, prefix }) };
      const app = await createTestApp({ ...TRACKER, providers: [...TRACKER.providers, EverybodyHook], options });
      await seedTracker(app);
      return app;
    };
    await using one = await start();
    await using two = await start();
    const [ada, grace] = [await one.connect(1), await two.connect(2)];
    const places: [TestApp, TestClient][] = [[one, ada], [two, grace]]; // prettier-ignore
    for (const [app, client] of places) {
      const connection = app.get(Connections).get(client.socket.id ?? '');
      if (!connection) throw new Error('A client is not connected.');
      await app.get(Broadcast).room('lobby').add(connection);
      connection.join('lobby'); // of Socket.IO's rooms, which are others
      await client.subscribe('issues');
      await client.subscribe('presence', { user: 3 });
    }
    await two.connect(3);
    for (const [, client] of places) await client.until(() => client.changes('presence').length === 1);
    const row = { id: 1, title: 'once', status: 'open', secret: null, projectId: 1 };
    one.get(JiraServer).publish({ source: 'default', entity: 'Issue', id: 1, type: 'added', after: row });
    await one.get(Broadcast).room('lobby').post({ event: 'posted' });
    await two.get(Messages).send({ room: 'lobby' }, 'note', 1);
    const wanted = ['$message note', 'issues added', 'lobby posted', 'presence added'];
    for (const [, client] of places) await client.until(() => heardBy(client).length >= wanted.length);
    // What would come twice has come before these.
    await two.get(Broadcast).room('lobby').post({ event: 'end' });
    one.get(JiraServer).emit('end', {});
    for (const [, client] of places) {
      await client.until(() => heardBy(client).includes('lobby end') && heardBy(client).includes('end'));
      await client.settled('issues');
      await client.settled('presence');
      expect(heardBy(client)).toEqual([...wanted, 'end', 'lobby end'].toSorted((a, b) => a.localeCompare(b)));
    }
  });
});
