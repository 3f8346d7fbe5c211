// Shows the heart of the tracker: a visibility rule, filters, ordering, search, and an action of its own.

import { Action, ActionScope, Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { currentUser } from '../auth/current-user.js';
import { Comment } from '../comments/comment.entity.js';
import { CreateIssue, IssueView, UpdateIssue } from './issue.dto.js';
import { Issue } from './issue.entity.js';

@Hook('issues')
export class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  updateInput = UpdateIssue;
  output = IssueView;
  override filterFields = {
    id: ['exact', 'in'],
    status: ['exact', 'in'],
    projectId: ['exact', 'in'],
    assigneeId: ['exact', 'in', 'isnull'],
    title: ['exact', 'icontains'],
  };
  override orderingFields = ['id', 'title', 'rank', 'createdAt', 'updatedAt'];
  override ordering = ['rank', 'id'];
  override searchFields = ['title', 'description'];

  /** The issues of the caller's projects. Lists, single rows, relations, events and writes obey this rule. */
  visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: currentUser(scope).id } } };
  }

  override performCreate(fields: CreateIssue, scope: HookScope): Promise<Issue> {
    const { description = '' } = fields;
    return super.performCreate({ ...fields, description, updatedById: currentUser(scope).id }, scope);
  }

  override performUpdate(issue: Issue, fields: UpdateIssue, scope: HookScope): Promise<Issue> {
    return super.performUpdate(issue, { ...fields, updatedById: currentUser(scope).id }, scope);
  }

  /** Deletes the comments first, so their subscribers get `removed`. A cascade in the database would not be announced. */
  override async performDestroy(issue: Issue, scope: HookScope): Promise<void> {
    await scope.manager.delete(Comment, { issueId: issue.id });
    await super.performDestroy(issue, scope);
  }

  @Action({ methods: ['POST'], detail: true })
  async close(scope: ActionScope<undefined>): Promise<IssueView> {
    const issue = await this.getObject(scope);
    issue.status = 'done';
    issue.updatedById = currentUser(scope).id;
    return this.save(issue, scope);
  }
}
