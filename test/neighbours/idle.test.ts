// Subscriptions that only wait cost the database nothing while nobody writes.

import { expect, it } from 'vitest';
import type { Logger } from 'typeorm';
import { Hook, HookScope, ModelHook, type Visibility } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { Issue, IssueView, Member, Project, seedTracker } from '../support/tracker.js';

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  filterFields = { status: ['exact'] };
  override visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }
}

class Recorder implements Logger {
  readonly queries: string[] = [];
  logQuery(query: string): void {
    this.queries.push(query);
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
  count(pattern: RegExp): number {
    return this.queries.filter((query) => pattern.test(query)).length;
  }
}

const DIGEST = /group_concat|hashtext|BIT_XOR|AS state/i;
const MARK = /AS mark$/;
const SHARED = 'not counted';

describeEachDatabase('subscriptions over relations', ({ type, options }) => {
  it('are not read while nothing is written, and once for each audience when something is', async () => {
    const logger = new Recorder();
    const database = await options([Project, Member, Issue], { logging: ['query'], logger });
    const app = await createTestApp({
      entities: [Project, Member, Issue],
      providers: [IssueHook],
      database,
      options: { visibilityTtlMs: 100 },
    });
    await using opened = app;
    await seedTracker(opened);
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    logger.queries.length = 0;
    for (const status of ['open', 'doing', 'done', 'new'])
      for (const client of [ada, grace]) await client.subscribe('issues', { status });
    // Where the database cannot tell, it is asked for what it knows.
    if (type === 'mariadb') return;
    // Eight subscriptions, two audiences. On a server others may write meanwhile.
    const isAlone = type === 'better-sqlite3';
    const digests = (): unknown => (isAlone ? logger.count(DIGEST) : SHARED);
    expect(digests()).toBe(isAlone ? 2 : SHARED);
    const idle = (): number => logger.count(MARK) - logger.count(DIGEST);
    const before = idle();
    await expect.poll(idle).toBeGreaterThan(before + 20);
    expect(digests()).toBe(isAlone ? 2 : SHARED);
    const quoted = app.dataSource.driver.escape('userId');
    await app.dataSource.query(`DELETE FROM member WHERE ${quoted} = 2`);
    await grace.until(() => grace.changes('issues').filter(({ type: told }) => told === 'reset').length === 4);
    await ada.settled('issues');
    expect(ada.changes('issues')).toEqual([]);
    expect(digests()).toBe(isAlone ? 4 : SHARED);
  });
});
