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

  /** Whoever starts a project is its first member; otherwise nobody could see it, and it would be refused. */
  override performCreate(fields: ProjectInput, scope: HookScope): Promise<Project> {
    return super.performCreate({ ...fields, members: [{ userId: currentUser(scope).id }] }, scope);
  }

  /** A project stays: its issues hang on it. */
  @NotAction()
  override destroy(scope: ActionScope<undefined>): Promise<null> {
    return super.destroy(scope);
  }
}
