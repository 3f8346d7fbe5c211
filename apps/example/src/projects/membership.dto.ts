// Shows the input and the view of a membership.

import { Expose } from 'class-transformer';
import { IsInt } from 'class-validator';

export class CreateMembership {
  @IsInt()
  userId: number;

  @IsInt()
  projectId: number;
}

export class MembershipView {
  @Expose()
  id: number;

  @Expose()
  userId: number;

  @Expose()
  projectId: number;
}
