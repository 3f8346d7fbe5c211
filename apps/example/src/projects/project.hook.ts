// Shows visibility by membership, and how to hide an action.

import { Hook, ModelHook, NotAction, type ActionScope, type HookScope, type Visibility } from 'nestjs-jira';
import { currentUser } from '../auth/current-user.js';
import { ProjectInput, ProjectView } from './project.dto.js';
import { Project } from './project.entity.js';

@Hook('projects')
export class ProjectHook extends ModelHook<Project> {
  entity = Project;
  createInput = ProjectInput;
  updateInput = ProjectInput;
  output = ProjectView;
  override filterFields = { id: ['exact', 'in'], name: ['exact', 'icontains'] };
  override orderingFields = ['id', 'name'];
  override ordering = ['name'];

  visibility(scope: HookScope): Visibility<Project> {
    return { members: { userId: currentUser(scope).id } };
  }

  /** Makes the creator the first member. Otherwise the project would not be visible to them, and the create would fail. */
  override performCreate(fields: ProjectInput, scope: HookScope): Promise<Project> {
    return super.performCreate({ ...fields, members: [{ userId: currentUser(scope).id }] }, scope);
  }

  /** Projects cannot be deleted, because issues refer to them. */
  @NotAction()
  override destroy(scope: ActionScope<undefined>): Promise<null> {
    return super.destroy(scope);
  }
}
