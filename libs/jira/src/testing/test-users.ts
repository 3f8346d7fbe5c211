// The users of tests: the token contains the user in plain text.

import { Injectable, Module } from '@nestjs/common';
import { TokenVerifier } from '../policy/authentication/bearer-token.authentication.js';

/** The user of a test. It becomes `scope.user` as it is. */
export interface TestUser {
  readonly id: number | string;
  readonly [claim: string]: unknown;
}

const PREFIX = 'test:';

/** The token of a user, for applications without an authentication of their own. */
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
