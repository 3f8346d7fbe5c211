// Authentication by the session cookie of a web application.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Handshake } from '../../core/connections/connection.js';
import type { ScopeUser } from '../../core/connections/scope-types.js';
import { Authentication, AuthenticationFailed, type Authenticated } from './authentication.js';
import { VerifiedToken } from './bearer-token.authentication.js';

/** Verifies sessions for `SessionAuthentication`. Provide a subclass in a module listed in `forRoot({ imports })`. */
export abstract class SessionVerifier {
  /** Name of the cookie. @default 'connect.sid', the name that express-session uses */
  readonly cookie: string = 'connect.sid';
  /** Secret of signed cookies (`s:<id>.<signature>`, as express-session writes them). @default cookies are not signed */
  readonly secret?: string;
  /** Origins that may connect besides the server's own, such as `https://app.example.com`. @default none */
  readonly origins: readonly string[] = [];
  /** Returns the session's user or a `VerifiedToken`; `null` if the session has no user or has expired. */
  // oxlint-disable-next-line typescript/no-redundant-type-constituents -- ScopeUser is any until the application types it
  abstract verify(sessionId: string): Promise<ScopeUser | VerifiedToken | null> | ScopeUser | VerifiedToken | null;
}

/**
 * Authenticates by a session cookie. Browsers send cookies whichever page opens the connection, so a page of another origin
 * is refused unless you list it in `origins`. A session without a user is anonymous. Needs a `SessionVerifier`.
 */
@Injectable()
export class SessionAuthentication extends Authentication {
  constructor(@Inject(SessionVerifier) private readonly verifier: SessionVerifier) {
    super();
  }

  async authenticate(handshake: Handshake): Promise<Authenticated | null> {
    const value = cookieOf(handshake, this.verifier.cookie);
    if (value === undefined) return null;
    if (!this.isOwnPage(handshake)) throw new AuthenticationFailed('This origin may not use the session.');
    const id = this.sessionId(value);
    const verified: unknown = id === undefined ? null : await this.verifier.verify(id);
    if (verified === null || verified === undefined) return null;
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- as above
    return verified instanceof VerifiedToken ? verified : { user: verified as ScopeUser };
  }

  private isOwnPage({ headers }: Handshake): boolean {
    const { origin, host } = headers;
    if (origin === undefined) return true; // not a browser, so the cookies are the caller's own
    const text = String(origin);
    if (this.verifier.origins.includes(text)) return true;
    return URL.canParse(text) && new URL(text).host === host;
  }

  /** Undefined unless the cookie has our signature. */
  private sessionId(value: string): string | undefined {
    const { secret } = this.verifier;
    if (secret === undefined) return value;
    const [, id, signature] = /^s:(.+)\.([^.]+)$/.exec(value) ?? [];
    if (id === undefined || signature === undefined) return undefined;
    const expected = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
    const [given, right] = [Buffer.from(signature), Buffer.from(expected)];
    return given.length === right.length && timingSafeEqual(given, right) ? id : undefined;
  }
}

function cookieOf({ headers }: Handshake, name: string): string | undefined {
  for (const part of String(headers['cookie'] ?? '').split(';')) {
    const split = part.indexOf('=');
    if (split < 0 || part.slice(0, split).trim() !== name) continue;
    try {
      return decodeURIComponent(part.slice(split + 1).trim().replace(/^"(.*)"$/, '$1')); // prettier-ignore
    } catch {
      return undefined;
    }
  }
  return undefined;
}
