// The server that `npm run neighbours` attacks, in a process of its own, with the default limits.

import 'reflect-metadata';
import { Expose } from 'class-transformer';
import { DEFAULT_LIMITS, Hook, HookScope, ModelHook, type Visibility } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { Issue, IssueView, Member, Project } from '../support/tracker.js';

const USERS = 52;
const PROJECTS = 200;
const ISSUES = 20_000;
const PIECE = 200;

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  filterFields = {
    status: ['exact'],
    title: ['icontains'],
    project__name: ['icontains'],
    project__members__userId: ['exact'],
  };
  orderingFields = ['id', 'title'];
  searchFields = ['title', 'status', 'secret', 'project.name'];

  visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }
}

class ProjectView {
  @Expose() id: number;
  @Expose() name: string;
}

@Hook('projects')
class ProjectHook extends ModelHook<Project> {
  entity = Project;
  output = ProjectView;
}

class MemberView {
  @Expose() id: number;
  @Expose() projectId: number;
}

@Hook('members')
class MemberHook extends ModelHook<Member> {
  entity = Member;
  output = MemberView;
}

const app = await createTestApp({
  entities: [Project, Member, Issue],
  providers: [IssueHook, ProjectHook, MemberHook],
  options: {
    limits: {
      requestsPerSecond: DEFAULT_LIMITS.requestsPerSecond,
      userRequestsPerSecond: DEFAULT_LIMITS.userRequestsPerSecond,
      userWeightPerSecond: DEFAULT_LIMITS.userWeightPerSecond,
    },
  },
});
const { manager } = app.dataSource;

async function fill(entity: new () => object, count: number, row: (n: number) => object): Promise<void> {
  for (let from = 0; from < count; from += PIECE) {
    const rows = Array.from({ length: Math.min(PIECE, count - from) }, (_, n) => row(from + n));
    await manager.createQueryBuilder().insert().into(entity).values(rows).execute();
  }
}

await fill(Project, PROJECTS, (n) => ({ name: `Project ${n}` }));
await fill(Member, USERS * 20, (n) => ({ userId: (n % USERS) + 1, projectId: ((n * 7) % PROJECTS) + 1 }));
await fill(Issue, ISSUES, (n) => ({ title: `Issue ${n} of many words`, projectId: (n % PROJECTS) + 1, secret: 'x' }));

const { driver } = app.dataSource;
const index = (table: string, ...columns: string[]): Promise<unknown> => {
  const names = columns.map((name) => driver.escape(name)).join(', ');
  return app.dataSource.query(`CREATE INDEX ${table}_${columns.length} ON ${table} (${names})`);
};
await index('member', 'userId', 'projectId');
await index('member', 'projectId');
await index('issue', 'projectId');

/** Locks the projects for a time, as a migration would. */
async function lock(ms: number): Promise<void> {
  await manager.transaction(async (own) => {
    await own.query('LOCK TABLE project IN ACCESS EXCLUSIVE MODE');
    process.send?.({ locked: true });
    await new Promise((resolve) => setTimeout(resolve, ms));
  });
}

process.on('message', ({ lockMs }: { lockMs?: number }) => {
  if (lockMs !== undefined) void lock(lockMs);
  else void app.close().then(() => process.exit());
});
process.on('disconnect', () => process.exit());
process.send?.({ url: app.url });
