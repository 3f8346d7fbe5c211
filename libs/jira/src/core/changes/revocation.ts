// What one process says about a user's rights, for all processes to obey.

/** Who is meant: all connections of a user, by the user's key, or one connection. */
export type Addressee = { readonly user: string } | { readonly connectionId: string };

export interface Revocation {
  readonly kind: 'revocation';
  /** `refresh`: rights are looked at again; `disconnect`: connections are closed. */
  readonly action: 'refresh' | 'disconnect';
  readonly to: Addressee;
  /** The user as it is now, as plain data; absent = as it was. */
  readonly user?: unknown;
  /** Who gave it, and has obeyed already. */
  readonly by: string;
}
