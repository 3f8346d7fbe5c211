// Shows the inputs and the view of a comment.

import { Expose } from 'class-transformer';
import { IsInt, IsString, Length } from 'class-validator';

export class UpdateComment {
  @IsString()
  @Length(1, 5_000, { message: 'A comment has 1 to 5000 characters.' })
  text: string;
}

export class CreateComment extends UpdateComment {
  @IsInt()
  issueId: number;
}

export class CommentView {
  @Expose()
  id: number;

  @Expose()
  text: string;

  @Expose()
  issueId: number;

  @Expose()
  authorId: number;

  @Expose()
  createdAt: Date;
}
