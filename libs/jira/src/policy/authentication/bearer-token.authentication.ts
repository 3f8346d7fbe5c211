// `auth: { token }` in the handshake, or an `Authorization: Bearer` header, verified by a service of the application.

import { Inject, Injectable } from '@nestjs/common';
import type { Handshake } from '../../core/connections/connection.js';
import type { ScopeUser } from '../../core/connections/scope-types.js';
import { Authentication, AuthenticationFailed, CredentialsExpired, type Authenticated } from './authentication.js';
import { tokenOf } from './token.js';

/** Provide this class in a module listed in `forRoot({ imports })`. */
export abstract class TokenVerifier {
  /**
   * Returns the token's user; `null` if the token is unknown, or its user is disabled. To end the session with the token,
   * return a `VerifiedToken`, or the payload of a JWT as the user: its `exp` counts. What `@nestjs/jwt` throws for a token
   * that has expired or is invalid refuses the handshake.
   */
  // oxlint-disable-next-line typescript/no-redundant-type-constituents -- ScopeUser is any until the application types it
  abstract verify(token: string): Promise<ScopeUser | VerifiedToken | null> | ScopeUser | VerifiedToken | null;
}

/** A user together with the expiry of the token: the connection closes then, with `SESSION_EXPIRED`. */
export class VerifiedToken implements Authenticated {
  constructor(
    readonly user: ScopeUser,
    readonly expiresAt?: Date,
  ) {}
}

const MAX_TOKEN_LENGTH = 8_192;

@Injectable()
export class BearerTokenAuthentication extends Authentication {
  constructor(@Inject(TokenVerifier) private readonly verifier: TokenVerifier) {
    super();
  }

  async authenticate(handshake: Handshake): Promise<Authenticated | null> {
    const token = tokenOf(handshake);
    if (token === undefined) return null;
    if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) throw new AuthenticationFailed();
    const verified: unknown = await this.verified(token);
    if (verified === null || verified === undefined) throw new AuthenticationFailed();
    if (verified instanceof VerifiedToken) return verified;
    const expiresAt = expiryOf(verified);
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- as above
    return { user: verified as ScopeUser, ...(expiresAt && { expiresAt }) };
  }

  private async verified(token: string): Promise<unknown> {
    try {
      return await this.verifier.verify(token);
    } catch (error) {
      throw ofJsonWebToken(error);
    }
  }
}

/** What a smaller `exp` without `iat` means is the application's own: as a date it would be before 2001. */
const OLDEST_EXP = 1_000_000_000;

/** The `exp` of a JWT's payload, in seconds. */
function expiryOf(user: unknown): Date | undefined {
  const { exp, iat } = user as { readonly exp?: unknown; readonly iat?: unknown };
  if (typeof exp !== 'number' || (typeof iat !== 'number' && exp < OLDEST_EXP)) return undefined;
  return new Date(exp * 1_000);
}

/** The errors of jsonwebtoken, which `@nestjs/jwt` throws, by their names: it is the application's dependency. */
function ofJsonWebToken(error: unknown): unknown {
  const name = error instanceof Error ? error.name : undefined;
  if (name === 'TokenExpiredError') return new CredentialsExpired();
  return name === 'JsonWebTokenError' || name === 'NotBeforeError' ? new AuthenticationFailed() : error;
}
