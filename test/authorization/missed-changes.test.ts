import { Expose } from 'class-transformer';
import { expect, it } from 'vitest';
import { Hook, HookScope, ModelHook, type Visibility } from 'nestjs-jira';
import type { ChangeListener } from 'nestjs-jira/ports';
import { Hub } from '../../libs/jira/src/live/delivery/hub.js';
import { createTestApp } from '../support/app.js';
import { Issue, Member, Project, seedTracker } from '../support/tracker.js';

class View {
  @Expose() title: string;
}

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  output = View;
  override dependsOn = [{ entity: Member, users: (member: Member) => [member.userId] }];
  override visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }
}

it('tells everybody to fetch again when changes of what they depend on could not be captured', async () => {
  await using app = await createTestApp({ entities: [Project, Member, Issue], providers: [IssueHook] });
  await seedTracker(app);
  const ada = await app.connect(1);
  await ada.subscribe('issues');
  let listener!: ChangeListener;
  app.get(Hub).connect({ watch: () => undefined, listen: (one) => ((listener = one), () => undefined) });
  listener.onGap({ source: 'default', entity: 'Member', error: new Error('planned') });
  expect(await ada.nextChanges('issues', 1)).toMatchObject([{ type: 'reset' }]);
});
