// A node that is killed between a commit and its announcement: whoever resumes at another ends with the row all the same.

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSourceOptions } from 'typeorm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { forkNode, startNode, type Death } from '../resuming/support/node.js';
import { Proxy } from '../resuming/support/proxy.js';
import { Reader } from '../resuming/support/reader.js';
import { describeWith } from '../support/services.js';
import { Issue, seedTracker } from '../support/tracker.js';

const DEATHS: readonly Death[] = ['committed', 'logged', 'told'];

describeWith('redis', 'a client of a node that is killed', (url) => {
  let file: string;
  beforeEach(() => {
    file = join(tmpdir(), `jira-${randomUUID()}.sqlite`);
  });
  afterEach(() => rm(file, { force: true }));

  it.each(DEATHS)('once it has a row %s, has that row in the end', async (death) => {
    const database: DataSourceOptions = { type: 'better-sqlite3', database: file };
    const settings = { database, redis: { url, prefix: `test:${randomUUID()}:` }, leaseMs: 1_500 };
    const survivor = await startNode(settings);
    await seedTracker(survivor.app);
    const victim = await forkNode(settings, death);
    await using proxy = await Proxy.to(victim.url);
    const options = { reconnectMinMs: 10, reconnectMaxMs: 50, resetJitterMs: 0 };
    const [writer, reader] = [1, 2].map((user) => new Reader(proxy.url, user, false, options));
    await Promise.all([writer.ready, reader.ready]);
    const answered = await writer.create('committed').then(
      () => 'answered',
      () => 'lost',
    );
    // The answer does not wait until the commit comes back of the log.
    expect(death === 'committed' ? answered : 'lost').toBe('lost');
    proxy.targets = [survivor.url];
    const rows = await survivor.app.dataSource.manager.find(Issue);
    expect(rows.map(({ title }) => title)).toEqual(['committed']);
    for (const { rows: held } of [writer, reader])
      await vi.waitFor(() => expect([...held.values()].map(({ title }) => title)).toEqual(['committed']), 60_000);
    writer.close();
    reader.close();
    await survivor.stop();
  });
});
