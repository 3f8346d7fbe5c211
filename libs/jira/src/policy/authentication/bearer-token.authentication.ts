// `auth: { token }` in the handshake, or an `Authorization: Bearer` header, verified by a service of the application.

import { Inject, Injectable } from '@nestjs/common';
import type { Handshake } from '../../core/connections/connection.js';
import type { ScopeUser } from '../../core/connections/scope-types.js';
import { Authentication, AuthenticationFailed, type Authenticated } from './authentication.js';
import { tokenOf } from './token.js';

/** Provide this class in a module listed in `forRoot({ imports })`. */
export abstract class TokenVerifier {
  /** Returns the token's user, or a `VerifiedToken` with the user and the expiry; `null` if the token is unknown or expired, or its user is disabled. */
  // oxlint-disable-next-line typescript/no-redundant-type-constituents -- ScopeUser is any until the application types it
  abstract verify(token: string): Promise<ScopeUser | VerifiedToken | null> | ScopeUser | VerifiedToken | null;
}

/** A user together with the expiry of the token. */
export class VerifiedToken implements Authenticated {
  constructor(
    readonly user: ScopeUser,
    readonly expiresAt?: Date,
  ) {}
}

const LONGEST_TOKEN = 8_192;

@Injectable()
export class BearerTokenAuthentication extends Authentication {
  constructor(@Inject(TokenVerifier) private readonly verifier: TokenVerifier) {
    super();
  }

  async authenticate(handshake: Handshake): Promise<Authenticated | null> {
    const token = tokenOf(handshake);
    if (token === undefined) return null;
    if (typeof token !== 'string' || token.length > LONGEST_TOKEN) throw new AuthenticationFailed();
    const verified: unknown = await this.verifier.verify(token);
    if (verified === null || verified === undefined) throw new AuthenticationFailed();
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- as above
    return verified instanceof VerifiedToken ? verified : { user: verified as ScopeUser };
  }
}
