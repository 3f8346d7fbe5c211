// Shows visibility across relations, an author that clients cannot choose, and writes that only the author may make.

import { ForbiddenException } from '@nestjs/common';
import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { currentUser } from '../auth/current-user.js';
import { CommentView, CreateComment, UpdateComment } from './comment.dto.js';
import { Comment } from './comment.entity.js';

@Hook('comments')
export class CommentHook extends ModelHook<Comment> {
  entity = Comment;
  createInput = CreateComment;
  updateInput = UpdateComment;
  output = CommentView;
  override filterFields = { issueId: ['exact', 'in'], issue__projectId: ['exact'], authorId: ['exact', 'in'] };
  override orderingFields = ['id', 'createdAt'];
  override ordering = ['id'];

  visibility(scope: HookScope): Visibility<Comment> {
    return { issue: { project: { members: { userId: currentUser(scope).id } } } };
  }

  override performCreate(fields: CreateComment, scope: HookScope): Promise<Comment> {
    return super.performCreate({ ...fields, authorId: currentUser(scope).id }, scope);
  }

  override performUpdate(comment: Comment, fields: UpdateComment, scope: HookScope): Promise<Comment> {
    mustBeAuthor(comment, scope);
    return super.performUpdate(comment, fields, scope);
  }

  override performDestroy(comment: Comment, scope: HookScope): Promise<void> {
    mustBeAuthor(comment, scope);
    return super.performDestroy(comment, scope);
  }
}

function mustBeAuthor(comment: Comment, scope: HookScope): void {
  if (comment.authorId !== currentUser(scope).id) throw new ForbiddenException('Only its author may change a comment.');
}
