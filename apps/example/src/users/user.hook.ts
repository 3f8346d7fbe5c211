// Shows a read-only hook with one action: who am I?

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

  /** Oneself, and everybody one shares a project with. */
  visibility(scope: HookScope): Visibility<User> {
    const { id } = currentUser(scope);
    return [{ id }, { memberships: { project: { members: { userId: id } } } }];
  }

  /** Who the token belongs to. */
  @Action()
  me(scope: ActionScope<undefined>): UserView {
    const { id, username, name } = currentUser(scope);
    return { id, username, name };
  }
}
