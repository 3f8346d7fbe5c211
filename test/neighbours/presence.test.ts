// Whoever comes and goes all the time is told of once a second.

import { expect, it } from 'vitest';
import { Hook, PresenceHook, type VisibleUsers } from 'nestjs-jira';
import { createTestApp, type TestClient } from '../support/app.js';
import { TRACKER } from '../support/tracker.js';

@Hook('presence')
class EverybodyHook extends PresenceHook {
  visibility(): VisibleUsers {
    return true;
  }
}

const told = (client: TestClient, user: string): string[] =>
  client
    .changes('presence')
    .filter(({ id, data }) => id === user || (data as { pk?: string } | null)?.pk === user)
    .map(({ type, data }) => `${type} ${String((data as { devices?: number } | null)?.devices)}`);

it('connections of one user that open and close in a storm are merged for those who watch', async () => {
  await using app = await createTestApp({ ...TRACKER, providers: [...TRACKER.providers, EverybodyHook] });
  const watchers = await Promise.all([1, 2, 3].map((user) => app.connect(user)));
  for (const watcher of watchers) await watcher.subscribe('presence');
  const began = performance.now();
  for (let round = 0; round < 10; round++) {
    const storm = await Promise.all(Array.from({ length: 10 }, () => app.connect(7)));
    for (const one of storm) one.close();
  }
  const stayed = await Promise.all([app.connect(7), app.connect(7)]);
  for (const watcher of watchers) {
    await watcher.until(() => told(watcher, '7').at(-1)?.endsWith(' 2') === true);
    // One at once, then one a second at most: of 202 connects and disconnects.
    expect(told(watcher, '7').length).toBeLessThanOrEqual(2 + (performance.now() - began) / 1_000);
  }
  for (const one of stayed) one.close();
  for (const watcher of watchers) await watcher.until(() => told(watcher, '7').at(-1)?.startsWith('removed') === true);
});
