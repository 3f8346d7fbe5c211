// Shows inputs that are validated field by field, and what clients see of an issue.

import { Expose } from 'class-transformer';
import { IsIn, IsInt, IsNumber, IsOptional, IsString, Length, MaxLength, ValidateIf } from 'class-validator';
import { ISSUE_STATUSES, type IssueStatus } from './issue-status.js';

/** The field may be absent, but not `null`. `@IsOptional()` would allow both. */
const MayBeAbsent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

class IssueInput {
  @IsString()
  @Length(1, 200, { message: 'A title has 1 to 200 characters.' })
  title: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(10_000)
  description?: string;

  @MayBeAbsent()
  @IsIn(ISSUE_STATUSES)
  status?: IssueStatus;

  @MayBeAbsent()
  @IsNumber()
  rank?: number;

  /** `null` unassigns the issue. */
  @IsOptional()
  @IsInt()
  assigneeId?: number | null;
}

export class CreateIssue extends IssueInput {
  @IsInt()
  projectId: number;
}

export class UpdateIssue extends IssueInput {
  /** Moves the issue to another project. The caller must be a member of it. */
  @MayBeAbsent()
  @IsInt()
  projectId?: number;

  /** The version that the client edited. If the row has another one by now, the update fails with VERSION_CONFLICT. */
  @MayBeAbsent()
  @IsInt()
  version?: number;
}

export class IssueView {
  @Expose()
  id: number;

  @Expose()
  title: string;

  @Expose()
  description: string;

  @Expose()
  status: IssueStatus;

  @Expose()
  rank: number;

  @Expose()
  projectId: number;

  @Expose()
  assigneeId: number | null;

  @Expose()
  updatedById: number | null;

  @Expose()
  version: number;

  @Expose()
  createdAt: Date;

  @Expose()
  updatedAt: Date;
}
