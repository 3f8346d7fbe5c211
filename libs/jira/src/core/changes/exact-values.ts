// Values that an image holds in another form than the database: rounded by a driver, or altered by a column's transformer.

import type { Change, ExactValues, Image, Link } from './change.js';

const EXACT = new WeakMap<Image, ExactValues>();

export function exactOf(image: Image): ExactValues | undefined {
  return EXACT.get(image);
}

/** Remembers the exact values of a change's images, so that `exactOf` finds them wherever the images go. */
export function noteExact({ before, after, exact, links = [] }: Change): void {
  if (before && exact?.before) EXACT.set(before, exact.before);
  if (after && exact?.after) EXACT.set(after, exact.after);
  for (const link of links) noteExactLink(link);
}

function noteExactLink({ row, exact }: Link): void {
  if (exact) EXACT.set(row, exact);
}
