// JSON Web Tokens, verified by the optional package `jose`.

import { KeyObject } from 'node:crypto';
import { createRequire } from 'node:module';
import { Inject, Injectable } from '@nestjs/common';
import type { JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import type { Handshake } from '../../core/connections/connection.js';
import type { ScopeUser } from '../../core/connections/scope-types.js';
import { Authentication, AuthenticationFailed, CredentialsExpired, type Authenticated } from './authentication.js';
import { algorithmsOf, allowedAlgorithms } from './jwt-key.js';
import { tokenOf } from './token.js';

// Our own types for jose: it is an optional dependency, so its types may be missing.

/** The claims of a verified token. */
export interface JwtPayload {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | string[];
  readonly exp?: number;
  readonly iat?: number;
  readonly [claim: string]: unknown;
}

/** Further checks on a token: options of jose's `jwtVerify`. */
export interface JwtOptions {
  /** Accepted signature algorithms, such as `RS256`. */
  readonly algorithms?: string[];
  /** Accepted values of `iss`. */
  readonly issuer?: string | string[];
  /** Values of `aud`, of which the token needs one. */
  readonly audience?: string | string[];
  /** Required value of `sub`. */
  readonly subject?: string;
  /** Required value of the header `typ`. */
  readonly typ?: string;
  /** How far clocks may differ: seconds, or a string such as `5 minutes`. */
  readonly clockTolerance?: string | number;
  /** Maximum age of a token by its `iat`: seconds, or a string such as `5 minutes`. */
  readonly maxTokenAge?: string | number;
  /** Names of claims that a token must have. */
  readonly requiredClaims?: string[];
}

/** Finds the key of a token: the result of jose's `createRemoteJWKSet()` or `createLocalJWKSet()`. */
export type JwtKeySource = (...args: never[]) => unknown;

/** Verifies tokens for `JwtAuthentication`. Provide a subclass in a module listed in `forRoot({ imports })`. */
export abstract class JwtVerifier {
  /**
   * The shared secret as text, a public key made by `createPublicKey(pem)` of node:crypto, or the result of jose's
   * `createRemoteJWKSet()`. The text of a public key is refused at boot.
   */
  abstract readonly key: string | KeyObject | JwtKeySource;
  /** Further checks. @default `algorithms` is HS256 for a text, else all that the key can verify */
  readonly options: JwtOptions = {};
  /** Returns the token's user; `null` if that user no longer exists or is disabled. */
  // oxlint-disable-next-line typescript/no-redundant-type-constituents -- ScopeUser is any until the application types it
  abstract userOf(payload: JwtPayload): Promise<ScopeUser | null> | ScopeUser | null;
}

const { resolve } = createRequire(import.meta.url);

const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/**
 * Authenticates by a JSON Web Token; other tokens are left to the rest of the chain. The connection closes at the token's
 * `exp`. Needs a `JwtVerifier` and the package `jose`.
 */
@Injectable()
export class JwtAuthentication extends Authentication {
  constructor(@Inject(JwtVerifier) private readonly verifier: JwtVerifier) {
    super();
    assertInstalled('jose', 'JwtAuthentication');
    // A key that is fetched later is checked with the first token.
    const { key, options } = verifier;
    if (typeof key === 'string' || key instanceof KeyObject)
      allowedAlgorithms(verifier.constructor.name, key, options.algorithms);
  }

  async authenticate(handshake: Handshake): Promise<Authenticated | null> {
    const token = tokenOf(handshake);
    if (typeof token !== 'string' || !JWT.test(token)) return null;
    const payload = await this.verified(token);
    const user: unknown = await this.verifier.userOf(payload);
    if (user === null || user === undefined) throw new AuthenticationFailed();
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- as above
    return { user: user as ScopeUser, ...(payload.exp !== undefined && { expiresAt: new Date(payload.exp * 1_000) }) };
  }

  private async verified(token: string): Promise<JwtPayload> {
    // Loaded with the first token: most applications do not need it.
    const { jwtVerify, errors } = await import('jose');
    const { key, constructor } = this.verifier;
    const options: JWTVerifyOptions = { ...this.verifier.options };
    try {
      if (typeof key === 'function') return (await jwtVerify(token, ofItsAlgorithm(key), options)).payload;
      const algorithms = allowedAlgorithms(constructor.name, key, options.algorithms);
      const verifying = typeof key === 'string' ? new TextEncoder().encode(key) : key;
      return (await jwtVerify(token, verifying, { ...options, algorithms })).payload;
    } catch (error) {
      if (error instanceof errors.JWKSTimeout) throw error; // not the caller's fault
      if (error instanceof errors.JWTExpired) throw new CredentialsExpired();
      if (error instanceof errors.JOSEError) throw new AuthenticationFailed();
      throw error;
    }
  }
}

/** @throws ConfigurationError if an optional package is needed but not installed */
function assertInstalled(name: string, subject: string): void {
  try {
    resolve(name);
  } catch (cause) {
    const error = new ConfigurationError(subject, `needs the package "${name}", which is not installed.`, `Install it: npm install ${name}.`); // prettier-ignore
    throw Object.assign(error, { cause });
  }
}

/** jose throws a TypeError if the token names an algorithm that the key does not support. That is the token's fault. */
function ofItsAlgorithm(source: JwtKeySource): JWTVerifyGetKey {
  return async (header, token) => {
    const key = await (source as JWTVerifyGetKey)(header, token);
    if (key instanceof KeyObject && !algorithmsOf(key).includes(header.alg)) throw new AuthenticationFailed();
    return key;
  };
}
