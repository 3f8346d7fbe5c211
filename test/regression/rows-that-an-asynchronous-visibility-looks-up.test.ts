import { Logger } from '@nestjs/common';
import { afterEach, expect, it, vi } from 'vitest';
import { Hook, HookScope, ModelHook, type Visibility } from 'nestjs-jira';
import { In } from 'typeorm';
import { createTestApp } from '../support/app.js';
import { Issue, IssueView, Member, Project } from '../support/tracker.js';

abstract class LooksUp extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  override async visibility(scope: HookScope): Promise<Visibility<Issue>> {
    const members = await scope.manager.findBy(Member, { userId: scope.user.id });
    return { projectId: In(members.map(({ projectId }) => projectId)) };
  }
}

@Hook('unnamed')
class UnnamedHook extends LooksUp {}

@Hook('named')
class NamedHook extends LooksUp {
  override dependsOn = [{ entity: Member }];
}

@Hook('crossing')
class CrossingHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  override visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

it('are named at boot as what nobody can follow, unless dependsOn names them', async () => {
  const warnings: string[] = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => void warnings.push(String(message))); // prettier-ignore
  await using _ = await createTestApp({ entities: [Project, Member, Issue], providers: [UnnamedHook, NamedHook, CrossingHook] }); // prettier-ignore
  expect(warnings.filter((line) => line.includes('dependsOn'))).toEqual([expect.stringContaining('UnnamedHook')]);
});
