// Shows rows that decide about the rights of others.

import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { currentUser } from '../auth/current-user.js';
import { CreateMembership, MembershipView } from './membership.dto.js';
import { Membership } from './membership.entity.js';

/** Members let others in, and out. */
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
