// `auth: { token }` in the handshake, or an `Authorization: Bearer` header, verified by a service of the application.

import { Inject, Injectable } from '@nestjs/common';
import type { Handshake } from '../../core/connections/connection.js';
import type { ScopeUser } from '../../core/connections/scope-types.js';
import { Authentication, AuthenticationFailed, CredentialsExpired, type Authenticated } from './authentication.js';
import { tokenOf } from './token.js';

/** Verifies tokens for `BearerTokenAuthentication`. Provide a subclass in a module listed in `forRoot({ imports })`. */
export abstract class TokenVerifier {
  /**
   * Returns the token's user; `null` if the token is unknown or its user is disabled. To end the connection when the token
   * expires, return a `VerifiedToken`, or the payload of a JWT as the user: its `exp` counts. If `@nestjs/jwt` throws because
   * a token is invalid or has expired, the handshake is refused.
   */
  // oxlint-disable-next-line typescript/no-redundant-type-constituents -- ScopeUser is any until the application types it
  abstract verify(token: string): Promise<ScopeUser | VerifiedToken | null> | ScopeUser | VerifiedToken | null;
}

/** A user together with the token's expiry: the connection closes then, with `SESSION_EXPIRED`. */
export class VerifiedToken implements Authenticated {
  constructor(
    readonly user: ScopeUser,
    readonly expiresAt?: Date,
  ) {}
}

const MAX_TOKEN_LENGTH = 8_192;

/** Authenticates by the token of the handshake's `auth` or of an `Authorization: Bearer` header. Needs a `TokenVerifier`. */
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

/** A smaller `exp` without an `iat` is a field of the application's own: as a date it would be before 2001. */
const OLDEST_EXP = 1_000_000_000;

/** The `exp` of a JWT's payload, in seconds. */
function expiryOf(user: unknown): Date | undefined {
  const { exp, iat } = user as { readonly exp?: unknown; readonly iat?: unknown };
  if (typeof exp !== 'number' || (typeof iat !== 'number' && exp < OLDEST_EXP)) return undefined;
  return new Date(exp * 1_000);
}

/** Recognizes the errors of jsonwebtoken, which `@nestjs/jwt` throws, by their names: only the application depends on it. */
function ofJsonWebToken(error: unknown): unknown {
  const name = error instanceof Error ? error.name : undefined;
  if (name === 'TokenExpiredError') return new CredentialsExpired();
  return name === 'JsonWebTokenError' || name === 'NotBeforeError' ? new AuthenticationFailed() : error;
}
