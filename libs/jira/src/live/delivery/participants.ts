// The subscribers that an observer's `participants` option chooses for a change.

import type { ChangeType, Image } from '../../core/changes/change.js';
import type { Channel, ObserverBehaviour, Subscription } from './channel.js';

/** `undefined` means all subscribers. */
export function participantsOf(
  { subscriptions }: Channel,
  { participants }: ObserverBehaviour,
  image: Image,
  type: ChangeType,
): Subscription[] | undefined {
  if (!participants) return undefined;
  const all = [...subscriptions];
  const chosen = new Set(participants(all.map(({ scope }) => scope), image, type)); // prettier-ignore
  return all.filter(({ scope }) => chosen.has(scope));
}
