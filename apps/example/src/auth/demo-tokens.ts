// Shows who is calling: two demo tokens, where an application would verify a JWT.

import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { TokenVerifier } from 'nestjs-jira';
import { Repository } from 'typeorm';
import { User } from '../users/user.entity.js';

export const DEMO_TOKENS: ReadonlyMap<string, string> = new Map([
  ['demo-ada', 'ada'],
  ['demo-grace', 'grace'],
]);

/** Stands where an application would check a JWT or a session. */
@Injectable()
export class DemoTokens extends TokenVerifier {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {
    super();
  }

  async verify(token: string): Promise<User | null> {
    const username = DEMO_TOKENS.get(token);
    return username === undefined ? null : this.users.findOneBy({ username });
  }
}
