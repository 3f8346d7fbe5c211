// What of TypeORM's drivers and their pools its types do not promise: nothing else tells of a connection that is lost.

import type { Driver } from 'typeorm';

interface Emitter {
  on(event: string, listener: (argument: Emitter) => void): unknown;
}
interface PoolMembers {
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
  /** @param error the connection is of no more use */
  release(error?: Error | boolean): void;
}

type Release = (error?: Error | boolean) => void;
interface SessionMembers {
  readonly processID?: number;
  readonly threadId?: number;
  query(sql: string, callback: (error: unknown) => void): unknown;
  release?: Release;
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
      return isPair ? ofPair(got as [SessionMembers, Release]) : ofSession(got as SessionMembers);
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
  return { session, sessionId: session.processID, query: (sql) => asked(session, sql), release };
}

/** Of mysql2. */
function ofSession(session: SessionMembers): PooledConnection {
  const release = (): void => session.release?.();
  return { session, sessionId: session.threadId, query: (sql) => asked(session, sql), release };
}

function asked(session: SessionMembers, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    session.query(sql, (error) => (error ? reject(toError(error)) : resolve()));
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
