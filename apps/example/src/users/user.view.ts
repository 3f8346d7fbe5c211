// Shows what clients see of a user.

import { Expose } from 'class-transformer';

export class UserView {
  @Expose()
  id: number;

  @Expose()
  username: string;

  @Expose()
  name: string;
}
