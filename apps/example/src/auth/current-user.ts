// The user of a request, with the type that hooks expect.

import type { HookScope } from 'nestjs-jira';
import type { User } from '../users/user.entity.js';

/** The caller. Every hook of this application asks for `IsAuthenticated`, so there is one. */
export function currentUser(scope: HookScope): User {
  return scope.user as User;
}
