// Whether what a `serialize` returns depends on the caller: as declared, or by its parameters where they tell.

import { ConfigurationError } from '../../core/errors/configuration.error.js';

/** What a hook or an observer says of its `serialize`. */
export interface SerializeDeclaration {
  readonly serializesPerUser?: boolean | undefined;
  readonly audience?: unknown;
}

/**
 * Whether a `serialize` is given the caller's scope.
 *
 * @throws ConfigurationError when neither a declaration nor the number of parameters tells: a decorator that wraps the
 * function usually leaves none to count
 */
export function isPerUser(
  serialize: { readonly length: number },
  { serializesPerUser, audience }: SerializeDeclaration,
  subject: string,
): boolean {
  if (serializesPerUser !== undefined) return serializesPerUser;
  if (audience !== undefined) return true;
  if (serialize.length === 0)
    throw new ConfigurationError(
      subject,
      'has a serialize() without parameters (a decorator wraps it, or it takes rest arguments), so whether it reads the caller is unknown.',
      'Declare "serializesPerUser": true, or false if everyone is sent the same.',
    );
  return serialize.length > 1;
}
