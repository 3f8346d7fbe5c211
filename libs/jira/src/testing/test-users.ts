// Who calls, in tests: the token says it outright.

import { Injectable, Module } from '@nestjs/common';
import { TokenVerifier } from '../policy/authentication/bearer-token.authentication.js';

/** Becomes `scope.user` as it is. */
export interface TestUser {
  readonly id: number | string;
  readonly [claim: string]: unknown;
}

const PREFIX = 'test:';

/** The token that stands for this user where the application has no authentication of its own. */
export function testTokenOf(user: TestUser): string {
  return PREFIX + JSON.stringify(user);
}

@Injectable()
class TestTokens extends TokenVerifier {
  verify(token: string): TestUser | null {
    return token.startsWith(PREFIX) ? (JSON.parse(token.slice(PREFIX.length)) as TestUser) : null;
  }
}

@Module({ providers: [{ provide: TokenVerifier, useClass: TestTokens }], exports: [TokenVerifier] })
export class TestUsersModule {}
