// Authentication: who is connecting. Runs once, at the handshake.

import { JiraException } from '../../core/errors/jira.exception.js';
import type { Handshake } from '../../core/connections/connection.js';
import type { ScopeUser } from '../../core/connections/scope-types.js';

/** The result of authentication. */
export interface Authenticated {
  readonly user: ScopeUser;
  /** When the credentials expire: the connection closes then. An invalid date refuses the credentials. @default never */
  readonly expiresAt?: Date | undefined;
}

/**
 * One way to authenticate. The classes are asked in order, and the first that recognizes the credentials decides, as in Django
 * REST framework. If none recognizes them, the caller is anonymous.
 */
export abstract class Authentication {
  /**
   * Returns the user, or `null` if these are not credentials of this kind.
   *
   * @throws AuthenticationFailed, or Nest's `UnauthorizedException`, if they are invalid: the handshake is refused
   */
  abstract authenticate(handshake: Handshake): Promise<Authenticated | null> | Authenticated | null;
}

/** The credentials were recognized but are invalid. Status 401, code `UNAUTHENTICATED`. */
export class AuthenticationFailed extends JiraException {
  constructor(message = 'Invalid credentials.') {
    super('UNAUTHENTICATED', message);
  }
}

/** The credentials were valid and have expired or were revoked. Status 401, code `SESSION_EXPIRED`. */
export class CredentialsExpired extends JiraException {
  constructor(message = 'The credentials have expired.') {
    super('SESSION_EXPIRED', message);
  }
}

/** The first result of the chain; anonymous if no class recognizes the credentials. */
export async function authenticate(chain: readonly Authentication[], handshake: Handshake): Promise<Authenticated> {
  for (const authentication of chain) {
    const result = await authentication.authenticate(handshake);
    if (!result) continue;
    const { expiresAt } = result;
    // A claim may exceed what a Date can hold (microseconds in place of seconds). An unknown expiry is refused.
    if (expiresAt !== undefined && Number.isNaN(expiresAt.getTime()))
      throw new AuthenticationFailed('The credentials have an invalid expiry date.');
    if (expiresAt !== undefined && expiresAt.getTime() <= Date.now()) throw new CredentialsExpired();
    return result;
  }
  return { user: null };
}
