// Shows a read-only hook with one action of its own, which answers the caller's own user.

import { Action, ActionScope, Hook, ReadOnlyModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { currentUser } from '../auth/current-user.js';
import { User } from './user.entity.js';
import { UserView } from './user.view.js';

@Hook('users')
export class UserHook extends ReadOnlyModelHook<User> {
  entity = User;
  output = UserView;
  override filterFields = { id: ['exact', 'in'], name: ['exact', 'icontains'], username: ['exact'] };
  override orderingFields = ['id', 'name'];
  override ordering = ['name'];

  /** The caller, and everyone who shares a project with them. */
  visibility(scope: HookScope): Visibility<User> {
    const { id } = currentUser(scope);
    return [{ id }, { memberships: { project: { members: { userId: id } } } }];
  }

  /** The user that the caller's token belongs to. */
  @Action()
  me(scope: ActionScope<undefined>): UserView {
    const { id, username, name } = currentUser(scope);
    return { id, username, name };
  }
}
