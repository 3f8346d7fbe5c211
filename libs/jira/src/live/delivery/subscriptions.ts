// All open subscriptions, by connection and by observer.

import type { Change } from '../../core/changes/change.js';
import { isConcerned, type Channel, type ObserverBehaviour, type Subscription } from './channel.js';
import { isObserved, publish } from '../../core/diagnostics/diagnostics.js';
import { getOrAdd } from '../../core/support/get-or-add.js';

export class Subscriptions {
  private readonly byConnection = new Map<string, Set<Subscription>>();
  private readonly byObserver = new Map<ObserverBehaviour, Set<Subscription>>();

  add(subscription: Subscription): void {
    const { connectionId, observer } = subscription;
    getOrAdd(this.byConnection, connectionId, newSet).add(subscription);
    getOrAdd(this.byObserver, observer, newSet).add(subscription);
    tell('opened', subscription);
  }

  remove(subscription: Subscription): void {
    const { connectionId, observer } = subscription;
    removeFrom(this.byConnection, connectionId, subscription);
    removeFrom(this.byObserver, observer, subscription);
    tell('ended', subscription);
  }

  /** The subscriptions of one connection. */
  of(connectionId: string): ReadonlySet<Subscription> {
    return this.byConnection.get(connectionId) ?? NONE;
  }

  /** The subscriptions of these connections or of all, and of this observer or of all. */
  *find(connectionIds?: Iterable<string>, observer?: ObserverBehaviour): Generator<Subscription> {
    if (!connectionIds && observer) return yield* this.byObserver.get(observer) ?? NONE;
    for (const id of connectionIds ?? this.byConnection.keys())
      for (const subscription of this.of(id)) if (!observer || subscription.observer === observer) yield subscription;
  }

  count(): { subscriptions: number; connections: number } {
    const subscriptions = [...this.byObserver.values()].reduce((sum, { size }) => sum + size, 0);
    return { subscriptions, connections: this.byConnection.size };
  }
}

function tell(event: 'opened' | 'ended', { namespace, connectionId }: Subscription): void {
  if (isObserved('subscribe')) publish('subscribe', { event, namespace, connectionId });
}

const NONE: ReadonlySet<Subscription> = new Set();
const newSet = (): Set<Subscription> => new Set();

function removeFrom<K>(sets: Map<K, Set<Subscription>>, key: K, subscription: Subscription): void {
  const set = sets.get(key);
  set?.delete(subscription);
  if (set?.size === 0) sets.delete(key);
}

/** The subscriptions that may see more or fewer rows since the change of a related row. */
export function concernedBy(change: Change, subscriptions: readonly Subscription[]): Subscription[] {
  const concerned = new Map<Channel, boolean>();
  const found = subscriptions.filter(
    ({ membership }) => membership && getOrAdd(concerned, membership, () => isConcerned(membership, change)),
  );
  // What related rows decided before may be outdated.
  for (const { membership } of found) if (membership) membership.related = undefined;
  return found;
}
