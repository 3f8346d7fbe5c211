// Whether the result of a `serialize` depends on the caller: by declaration, or by its number of parameters.

import { ConfigurationError } from '../../core/errors/configuration.error.js';

/** What a hook or an observer declares about its `serialize`. */
export interface SerializeDeclaration {
  readonly serializesPerUser?: boolean | undefined;
  readonly audience?: unknown;
}

/**
 * Whether a `serialize` gets the caller's scope.
 *
 * @throws ConfigurationError without a declaration or parameters: a function that a decorator wraps usually has none
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
