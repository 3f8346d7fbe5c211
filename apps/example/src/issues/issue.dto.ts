// Shows inputs that are checked field by field, and what clients see of an issue.

import { Expose } from 'class-transformer';
import { IsIn, IsInt, IsNumber, IsOptional, IsString, Length, MaxLength, ValidateIf } from 'class-validator';
import { ISSUE_STATUSES, type IssueStatus } from './issue-status.js';

/** Absent, but not `null`: `@IsOptional()` would let both through. */
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

  /** `null` takes the issue from whoever had it. */
  @IsOptional()
  @IsInt()
  assigneeId?: number | null;
}

export class CreateIssue extends IssueInput {
  @IsInt()
  projectId: number;
}

export class UpdateIssue extends IssueInput {
  /** An issue may move to another project that the caller is a member of. */
  @MayBeAbsent()
  @IsInt()
  projectId?: number;

  /** The version that was edited. If the row has another one by now, the update is refused: VERSION_CONFLICT. */
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
