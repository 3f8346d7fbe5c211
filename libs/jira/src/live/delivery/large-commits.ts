// Limits what a channel is told of one large commit: so many changes one by one, then one `reset` in place of the rest.

import type { Delivery } from './cases.js';
import type { Channel } from './channel.js';

/** Counts a change to send to the channel. */
export function countTold(
  channel: Channel,
  { commit = [], position }: Delivery,
  max: number,
): 'told' | 'first too many' | 'too many' {
  if (commit.length <= max) return 'told';
  if (channel.large?.position !== position) channel.large = { position, told: 0 };
  const told = ++channel.large.told;
  if (told <= max) return 'told';
  return told === max + 1 ? 'first too many' : 'too many';
}

/** Whether the channel gets no more of the commit. Changes dispatched by hand at its position do not count. */
export function isCutShort({ large }: Channel, { commit, position }: Delivery, max: number): boolean {
  return commit !== undefined && large !== undefined && large.told > max && large.position === position;
}
