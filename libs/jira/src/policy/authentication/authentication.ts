// Who is connecting: asked once, at the handshake.

import { JiraException } from '../../core/errors/jira.exception.js';
import type { Handshake } from '../../core/connections/connection.js';
import type { ScopeUser } from '../../core/connections/scope-types.js';

export interface Authenticated {
  readonly user: ScopeUser;
  /** When the credentials end; the connection ends with them. An invalid date refuses them. */
  readonly expiresAt?: Date;
}

/**
 * One way to prove who one is. The chain asks each in turn, and the first that recognizes the credentials decides,
 * as in Django REST framework (djira asked all and kept the last one's user). Nobody recognizes them: anonymous.
 */
export abstract class Authentication {
  /**
   * `null` when these are not credentials of this kind; throw an `UnauthorizedException` (or `AuthenticationFailed`)
   * when they are and do not hold: the handshake is refused.
   */
  abstract authenticate(handshake: Handshake): Promise<Authenticated | null> | Authenticated | null;
}

/** Credentials that were recognized and are wrong. Status 401, code `UNAUTHENTICATED`. */
export class AuthenticationFailed extends JiraException {
  constructor(message = 'Invalid credentials.') {
    super('UNAUTHENTICATED', message);
  }
}

/** The first answer of the chain; anonymous when nobody recognizes the credentials. */
export async function authenticate(chain: readonly Authentication[], handshake: Handshake): Promise<Authenticated> {
  for (const authentication of chain) {
    const result = await authentication.authenticate(handshake);
    if (!result) continue;
    const { expiresAt } = result;
    // Claims may name what no Date can be: microseconds for seconds. When it ends is not known, so it does not hold.
    if (expiresAt !== undefined && Number.isNaN(expiresAt.getTime()))
      throw new AuthenticationFailed('The credentials have an invalid expiry date.');
    return result;
  }
  return { user: null };
}
