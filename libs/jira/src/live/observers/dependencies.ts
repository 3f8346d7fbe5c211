// Follows entities whose rows decide about the rows of another one (`dependsOn`, and relations that a condition
// crosses).

import type { RowId } from 'nestjs-jira-protocol';
import type { ObserverBehaviour } from '../delivery/channel.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { idKey, type Change } from '../../core/changes/change.js';
import type { Dependency, ObservedRows } from './observed-rows.js';
import type { ObserverHost } from './observer-host.js';

interface Follower extends ObserverHost {
  readonly rows: ObservedRows;
  /** The feed that announces the rows. */
  readonly key: string;
}

/**
 * Follows the rows that an observer's rows depend on, and returns them.
 *
 * @throws ConfigurationError if no data source has the entity
 */
export function follow(dependency: Dependency, observer: ObserverBehaviour, follower: Follower): ObservedRows {
  const { hub, observables, subject, dataSource, rows, key } = follower;
  // A circular import leaves the entity, or the whole dependency, undefined.
  if ((dependency as Partial<Dependency> | undefined)?.entity === undefined)
    throw new ConfigurationError(
      subject,
      'has a "dependsOn" that names no entity.',
      'Write dependsOn = [{ entity: Member }].',
    );
  const depended = observables.find(dependency.entity, subject, dataSource);
  depended.watch();
  hub.listen(depended.key, (change, { position }) => {
    if (dependency.rows) {
      const ids = new Map<string, RowId>();
      for (const id of fromImages(change, (row) => dependency.rows?.(row) ?? [])) ids.set(idKey(id), id);
      if (ids.size > 0) hub.announceAgain(key, observer, [...ids.values()], position, (some) => rows.read(some));
      return;
    }
    const concerned = [...hub.placement.subscriptions(connectionsOf(dependency, change, follower), observer)];
    void hub.placement.refreshConcerned(concerned, change);
  });
  return depended;
}

/**
 * Follows rows that a compiled condition reads and no dependency names. False if nothing can watch them. Their changes
 * alter only the condition's verdicts, not what the hook's own code reads.
 */
export function followRelated(name: string, observer: ObserverBehaviour, { hub, rows }: Follower): boolean {
  const related = rows.related?.(name);
  if (!related) return false;
  related.watch();
  hub.listen(related.key, (change) => void hub.placement.refreshAltered(observer, change));
  return true;
}

/** `undefined` means everyone's, also if the application's own code fails to say whose. */
function connectionsOf(
  { users }: Dependency,
  change: Change,
  { hub, connections }: ObserverHost,
): string[] | undefined {
  if (!users) return undefined;
  try {
    const keys = new Set(fromImages(change, users).map((user) => connections.keyOf(user)));
    return [...keys].flatMap((key) => connections.byUser(key).map(({ id }) => id));
  } catch (error) {
    hub.failed(error, change);
    return undefined;
  }
}

function fromImages<T>({ before, after }: Change, read: (row: object) => Iterable<T>): T[] {
  return [before, after].flatMap((image) => (image ? [...read(image)] : []));
}
