// Shows presence: users see who is online among the members of their projects.

import { InjectRepository } from '@nestjs/typeorm';
import { Hook, PresenceHook, type HookScope, type OnlineUser } from 'nestjs-jira';
import { Repository } from 'typeorm';
import { currentUser } from '../auth/current-user.js';
import { Membership } from '../projects/membership.entity.js';
import { User } from '../users/user.entity.js';
import { OnlineView } from './online.view.js';

/** The caller, and the people who share a project with them, while they are online. */
@Hook('presence')
export class TeamPresenceHook extends PresenceHook {
  /** When a membership changes, the server evaluates `visibility` again: a new member appears at once. */
  override dependsOn = [{ entity: Membership }];

  constructor(@InjectRepository(User) private readonly users: Repository<User>) {
    super();
  }

  async visibility(scope: HookScope): Promise<number[]> {
    const { id } = currentUser(scope);
    const mates = await this.users.findBy({ memberships: { project: { members: { userId: id } } } });
    return [id, ...mates.map((mate) => mate.id)];
  }

  override serialize({ user, devices }: OnlineUser): OnlineView {
    return { id: user, devices };
  }
}
