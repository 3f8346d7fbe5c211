// Shows a hook for the rows that decide what users may see.

import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { currentUser } from '../auth/current-user.js';
import { CreateMembership, MembershipView } from './membership.dto.js';
import { Membership } from './membership.entity.js';

/** Members of a project add and remove other members. */
@Hook('memberships')
export class MembershipHook extends ModelHook<Membership> {
  entity = Membership;
  createInput = CreateMembership;
  output = MembershipView;
  override filterFields = { projectId: ['exact', 'in'], userId: ['exact', 'in'] };
  override orderingFields = ['id'];
  override ordering = ['id'];

  visibility(scope: HookScope): Visibility<Membership> {
    return { project: { members: { userId: currentUser(scope).id } } };
  }
}
