// When rows of one entity decide about those of another.

import type { RowId } from 'nestjs-jira-protocol';
import type { ObserverBehaviour } from '../delivery/channel.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { idKey, type Change } from '../../core/changes/change.js';
import type { Dependency, ObservedRows } from './observed-rows.js';
import type { ObserverHost } from './observer-host.js';

interface Follower extends ObserverHost {
  readonly rows: ObservedRows;
  /** The feed they are announced by. */
  readonly key: string;
}

/**
 * Follows the rows that an observer's rows depend on. Returns them. Throws a ConfigurationError when
 * nothing holds them.
 */
export function follow(dependency: Dependency, observer: ObserverBehaviour, follower: Follower): ObservedRows {
  const { hub, observables, subject, dataSource, rows, key } = follower;
  // A circular import leaves no entity, or no dependency at all.
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
 * Follows rows that a compiled condition reads and no dependency names. False when nobody can watch them. What the hook's
 * own code reads is none of it: only the condition's verdicts can be others.
 */
export function followRelated(name: string, observer: ObserverBehaviour, { hub, rows }: Follower): boolean {
  const related = rows.related?.(name);
  if (!related) return false;
  related.watch();
  hub.listen(related.key, (change) => void hub.placement.refreshAltered(observer, change));
  return true;
}

/** `undefined` = everybody's: also when the application's own code cannot say whose. */
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
