// A revocation: one process ends rights of a user, and all processes apply it.

/** Whom it concerns: all connections of a user, by the user's key, or one connection. */
export type Addressee = { readonly user: string } | { readonly connectionId: string };

/** An end of rights, for every process. */
export interface Revocation {
  readonly kind: 'revocation';
  /** `refresh`: rights are checked again. `disconnect`: connections are closed. */
  readonly action: 'refresh' | 'disconnect';
  readonly to: Addressee;
  /** The user as it is now, as plain data; absent = unchanged. */
  readonly user?: unknown;
  /** The process that sent it. It has applied it already. */
  readonly by: string;
}
