// Shows how to get the user of a request, typed.

import type { HookScope } from 'nestjs-jira';
import type { User } from '../users/user.entity.js';

/** The caller. There always is one: the application requires `IsAuthenticated` everywhere. */
export function currentUser(scope: HookScope): User {
  return scope.user as User;
}
