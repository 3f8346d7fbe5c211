// The members of TypeORM's drivers and pools that its types do not promise: how connections are taken, and how they are
// lost.

import type { Driver } from 'typeorm';

interface Emitter {
  on(event: string, listener: (argument: Emitter) => void): unknown;
}
interface PoolMembers {
  readonly isReplicated?: boolean;
  readonly master?: Partial<Emitter> & { readonly options?: { readonly max?: number } };
  /** In mysql2. */
  readonly pool?: { readonly config?: { readonly connectionLimit?: number } };
  readonly slaves?: readonly Emitter[];
  obtainMasterConnection?(): Promise<unknown>;
  obtainSlaveConnection?(): Promise<unknown>;
}

/** The pools of pg. */
export function poolsOf(driver: Driver): readonly Emitter[] {
  const { master, slaves = [] } = driver as unknown as PoolMembers;
  return master?.on ? [master as Emitter, ...slaves] : [];
}

/** The size of a pool in both drivers unless it is set. */
const DEFAULT_POOL_SIZE = 10;

/** How many connections the driver's pool may hold. */
export function poolSizeOf(driver: Driver): number {
  const { master, pool } = driver as unknown as PoolMembers;
  return master?.options?.max ?? pool?.config?.connectionLimit ?? DEFAULT_POOL_SIZE;
}

/** Calls `onError` if a caller could not get a connection. */
export function aroundConnecting(driver: Driver, onError: (error: unknown) => void): void {
  const members = driver as unknown as PoolMembers;
  for (const name of ['obtainMasterConnection', 'obtainSlaveConnection'] as const) {
    const obtain = members[name]?.bind(driver);
    if (!obtain) continue;
    members[name] = () =>
      obtain().catch((error: unknown) => {
        onError(error);
        throw error;
      });
  }
}

/** A connection as a pool lends it. */
export interface PooledConnection {
  /** The session that the driver gave to TypeORM. */
  readonly session: object;
  /** The server's id of the session. */
  readonly sessionId: number | undefined;
  query(sql: string): Promise<unknown>;
  /**
   * The rows of a SELECT as the driver returns them, in the order of the columns.
   *
   * @param name for the plan, if the server keeps plans
   */
  read(sql: string, values: readonly unknown[], name?: string): Promise<unknown[][]>;
  /** @param error set if the connection is no longer usable */
  release(error?: Error | boolean): void;
}

type Release = (error?: Error | boolean) => void;
interface SessionMembers {
  readonly processID?: number;
  readonly threadId?: number;
  query(sql: string | object, callback: (error: unknown, result: unknown) => void): unknown;
  release?: Release;
}

/** Takes a connection from the pool, as TypeORM does for reading. The caller must release it. */
export async function borrow(driver: Driver): Promise<PooledConnection> {
  const members = driver as unknown as PoolMembers;
  const got = await (members.isReplicated ? members.obtainSlaveConnection?.() : members.obtainMasterConnection?.());
  return pooled(got);
}

function pooled(got: unknown): PooledConnection {
  return Array.isArray(got) ? ofPair(got as [SessionMembers, Release]) : ofSession(got as SessionMembers);
}

/** Calls `lend` in place of the method that takes a connection from the pool, which it gets as `obtain`. */
export function aroundObtaining(
  driver: Driver,
  lend: (obtain: () => Promise<PooledConnection>) => Promise<PooledConnection>,
): void {
  const members = driver as unknown as PoolMembers;
  const obtain = members.obtainMasterConnection?.bind(driver);
  if (!obtain) return;
  members.obtainMasterConnection = async () => {
    let isPair = false;
    const lent = await lend(async () => {
      const got = await obtain();
      isPair = Array.isArray(got);
      return pooled(got);
    });
    if (isPair) return [lent.session, (error?: Error | boolean) => lent.release(error)];
    // mysql2 lends the same object again, so the own `release` is removed on release.
    const session = lent.session as SessionMembers;
    session.release = (error) => {
      delete session.release;
      lent.release(error);
    };
    return session;
  };
}

/** In pg: a client, and the function that returns it. */
function ofPair([session, release]: [SessionMembers, Release]): PooledConnection {
  return {
    session,
    sessionId: session.processID,
    query: (sql) => asked(session, sql),
    read: async (text, values, name) => {
      const result = await asked(session, { text, values, name, rowMode: 'array' });
      return (result as { readonly rows: unknown[][] }).rows;
    },
    release,
  };
}

/** In mysql2. */
function ofSession(session: SessionMembers): PooledConnection {
  return {
    session,
    sessionId: session.threadId,
    query: (sql) => asked(session, sql),
    // As text, like TypeORM: the binary protocol returns other digits of a FLOAT.
    read: async (sql, values) => (await asked(session, { sql, values, rowsAsArray: true })) as unknown[][],
    release: () => session.release?.(),
  };
}

function asked(session: SessionMembers, sql: string | object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    session.query(sql, (error, result) => (error ? reject(toError(error)) : resolve(result)));
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
