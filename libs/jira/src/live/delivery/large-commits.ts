// Commits that change many rows: a channel is told of so many one by one, and to fetch again in place of the rest.

import type { Delivery } from './cases.js';
import type { Channel } from './channel.js';

/** Counts a change that the channel is to be told of. */
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

/** Whether the channel is told no more of the commit. What is dispatched at its position is no part of it. */
export function isCutShort({ large }: Channel, { commit, position }: Delivery, max: number): boolean {
  return commit !== undefined && large !== undefined && large.told > max && large.position === position;
}
