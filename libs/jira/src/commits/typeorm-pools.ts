// What of TypeORM's drivers and their pools its types do not promise: nothing else tells of a connection that is lost.

import type { Driver } from 'typeorm';

interface Emitter {
  on(event: string, listener: (argument: Emitter) => void): unknown;
}
interface PoolMembers {
  readonly isReplicated?: boolean;
  readonly master?: Partial<Emitter> & { readonly options?: { readonly max?: number } };
  /** Of mysql2. */
  readonly pool?: { readonly config?: { readonly connectionLimit?: number } };
  readonly slaves?: readonly Emitter[];
  obtainMasterConnection?(): Promise<unknown>;
  obtainSlaveConnection?(): Promise<unknown>;
}

/** PostgreSQL's pools, of pg. */
export function poolsOf(driver: Driver): readonly Emitter[] {
  const { master, slaves = [] } = driver as unknown as PoolMembers;
  return master?.on ? [master as Emitter, ...slaves] : [];
}

/** The size that both drivers give a pool unless they are told another. */
const DEFAULT_POOL_SIZE = 10;

/** How many connections the driver's pool may hold. */
export function poolSizeOf(driver: Driver): number {
  const { master, pool } = driver as unknown as PoolMembers;
  return master?.options?.max ?? pool?.config?.connectionLimit ?? DEFAULT_POOL_SIZE;
}

/** Reports why a caller could not get a connection. */
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
  /** What the driver gave TypeORM. */
  readonly session: object;
  /** The server's name for the session. */
  readonly sessionId: number | undefined;
  query(sql: string): Promise<unknown>;
  /** The rows of a SELECT, as the driver gives them to TypeORM, in the order of the columns. @param name to be kept by, where the server keeps plans */
  read(sql: string, values: readonly unknown[], name?: string): Promise<unknown[][]>;
  /** @param error the connection is of no more use */
  release(error?: Error | boolean): void;
}

type Release = (error?: Error | boolean) => void;
interface SessionMembers {
  readonly processID?: number;
  readonly threadId?: number;
  query(sql: string | object, callback: (error: unknown, result: unknown) => void): unknown;
  release?: Release;
}

/** Takes a connection from the pool as TypeORM does for reading; whoever has it releases it. */
export async function borrow(driver: Driver): Promise<PooledConnection> {
  const members = driver as unknown as PoolMembers;
  const got = await (members.isReplicated ? members.obtainSlaveConnection?.() : members.obtainMasterConnection?.());
  return pooled(got);
}

function pooled(got: unknown): PooledConnection {
  return Array.isArray(got) ? ofPair(got as [SessionMembers, Release]) : ofSession(got as SessionMembers);
}

/** Calls `lend` in place of what takes a connection from the pool; it is given the means to take one. */
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
    // mysql2 lends the same object again: what it has of its own is taken away as it is released.
    const session = lent.session as SessionMembers;
    session.release = (error) => {
      delete session.release;
      lent.release(error);
    };
    return session;
  };
}

/** Of pg: a client, and what gives it back. */
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

/** Of mysql2. */
function ofSession(session: SessionMembers): PooledConnection {
  return {
    session,
    sessionId: session.threadId,
    query: (sql) => asked(session, sql),
    // By text, as TypeORM: the binary protocol shows other digits of a FLOAT.
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
