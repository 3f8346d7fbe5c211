// Shows how to find out who is calling: with two demo tokens, in place of the JWT that an application would verify.

import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { TokenVerifier } from 'nestjs-jira';
import { Repository } from 'typeorm';
import { User } from '../users/user.entity.js';

export const DEMO_TOKENS: ReadonlyMap<string, string> = new Map([
  ['demo-ada', 'ada'],
  ['demo-grace', 'grace'],
]);

/** In an application of your own, verify a JWT or a session here. */
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
