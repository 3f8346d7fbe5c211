// Shows the input and the view of a project.

import { Expose } from 'class-transformer';
import { IsString, Length } from 'class-validator';

export class ProjectInput {
  @IsString()
  @Length(1, 100)
  name: string;
}

export class ProjectView {
  @Expose()
  id: number;

  @Expose()
  name: string;

  @Expose()
  createdAt: Date;
}
