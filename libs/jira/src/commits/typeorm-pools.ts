// What of TypeORM's drivers and their pools its types do not promise: nothing else tells of a connection that is lost.

import type { Driver } from 'typeorm';

interface Emitter {
  on(event: string, listener: (argument: Emitter) => void): unknown;
}
interface PoolMembers {
  readonly master?: Partial<Emitter>;
  readonly slaves?: readonly Emitter[];
  obtainMasterConnection?(): Promise<unknown>;
  obtainSlaveConnection?(): Promise<unknown>;
}

/** PostgreSQL's pools, of pg. */
export function poolsOf(driver: Driver): readonly Emitter[] {
  const { master, slaves = [] } = driver as unknown as PoolMembers;
  return master?.on ? [master as Emitter, ...slaves] : [];
}

/** Tells why somebody could not have a connection. */
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
