// A ledger of what was sent and what arrived, over a Redis that is killed and comes back.

import { expect, it, vi } from 'vitest';
import { ClusterConnections, Messages } from 'nestjs-jira';
import { createClient } from 'nestjs-jira-client';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp } from '../support/app.js';
import { OwnRedis } from '../support/own-redis.js';
import { describeWith } from '../support/services.js';

const KILLS = 3;
const EACH = 100;

/** Sends again under the same id, as a sender does that was not told whether it worked. */
async function sendForSure(messages: Messages, n: number): Promise<void> {
  for (;;)
    try {
      return void (await messages.send({ user: 7 }, 'entry', n, { id: `entry-${n}` }));
    } catch {
      // Redis went away under it.
    }
}

describeWith('redis', 'a Redis that is killed and comes back', () => {
  it('loses and doubles no message, keeps the subscribers, and knows who is online', { timeout: 60_000 }, async () => {
    await using redis = await OwnRedis.start();
    const options = redisCluster({ url: redis.url });
    await using app = await createTestApp({ entities: [], providers: [], options });
    const heard: number[] = [];
    const client = createClient(app.url, { auth: { token: 'user-7' }, reconnectMinMs: 10, reconnectMaxMs: 50 });
    client.onMessage((_event, data) => heard.push(data as number));
    const values: unknown[] = [];
    const box = options.pubSub.subscribe('ticks');
    await box.ready;
    const listening = (async () => {
      for await (const value of box) values.push(value);
    })();
    const messages = app.get(Messages);
    let sent = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const sending = (async () => {
        for (let i = 0; i < EACH; i++) await sendForSure(messages, sent++);
      })();
      await vi.waitUntil(() => heard.length > kill * EACH + EACH / 4, { timeout: 20_000 });
      await redis.kill();
      await redis.run();
      await sending;
    }
    const wanted = Array.from({ length: KILLS * EACH }, (_, n) => n);
    await vi.waitUntil(() => heard.length >= wanted.length, { timeout: 20_000 });
    expect(heard).toEqual(wanted);
    await vi.waitFor(async () => {
      await options.pubSub.publish('ticks', 'after');
      expect(values).toContain('after');
    });
    await vi.waitFor(async () => expect(await app.get(ClusterConnections).isOnline(7)).toBe(true));
    await vi.waitFor(async () => expect(await options.messageQueue.read('user:7')).toEqual([]));
    client.close();
    await options.pubSub.close();
    await listening;
  });
});
