// Shows how to export the API as a type: the web page imports these types, and no code.

import type { ApiOf } from 'nestjs-jira';
import type { CommentHook } from './comments/comment.hook.js';
import type { IssueHook } from './issues/issue.hook.js';
import type { TeamPresenceHook } from './presence/presence.hook.js';
import type { MembershipHook } from './projects/membership.hook.js';
import type { ProjectHook } from './projects/project.hook.js';
import type { UserHook } from './users/user.hook.js';

export type Api = ApiOf<{
  users: UserHook;
  projects: ProjectHook;
  memberships: MembershipHook;
  issues: IssueHook;
  comments: CommentHook;
  presence: TeamPresenceHook;
}>;
