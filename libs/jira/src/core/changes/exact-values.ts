// Values that an image holds otherwise than the database: rounded by a driver, or altered by a column's transformer.

import type { Change, Image, Link } from './change.js';

/**
 * By the column's name in the database: what an entity without a transformer would hold, a whole number beyond 2^53 as
 * text. Only columns whose value in the image is not what is stored.
 */
export type ExactValues = Readonly<Record<string, unknown>>;

const EXACT = new WeakMap<Image, ExactValues>();

export function exactOf(image: Image): ExactValues | undefined {
  return EXACT.get(image);
}

/** Makes what a change says of its images known with them, wherever they go. */
export function noteExact({ before, after, exact, links = [] }: Change): void {
  if (before && exact?.before) EXACT.set(before, exact.before);
  if (after && exact?.after) EXACT.set(after, exact.after);
  for (const link of links) noteExactLink(link);
}

function noteExactLink({ row, exact }: Link): void {
  if (exact) EXACT.set(row, exact);
}
