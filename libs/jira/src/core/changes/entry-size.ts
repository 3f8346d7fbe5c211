// Estimates how many bytes an entry of a log takes in memory.

import type { Change, Image } from './change.js';
import type { LogEntry } from './change-log.js';

/** Bytes that an entry, a change and a value take besides their content. */
const ENTRY = 200;
const CHANGE = 200;
const VALUE = 16;

export function sizeOf(entry: LogEntry): number {
  if (entry.kind === 'revocation' || entry.kind === 'gap') return ENTRY;
  let size = ENTRY;
  for (const change of entry.changes) size += sizeOfChange(change);
  return size;
}

function sizeOfChange({ before, after, links }: Change): number {
  let size = CHANGE;
  if (before) size += sizeOfImage(before);
  if (after) size += sizeOfImage(after);
  for (const { row } of links ?? []) size += sizeOfImage(row);
  return size;
}

function sizeOfImage(image: Image): number {
  let size = 0;
  for (const name in image) size += sizeOfValue(image[name]);
  return size;
}

function sizeOfValue(value: unknown): number {
  if (typeof value === 'string') return VALUE + 2 * value.length;
  if (typeof value !== 'object' || value === null || value instanceof Date) return VALUE;
  if (ArrayBuffer.isView(value)) return VALUE + value.byteLength;
  return VALUE + sizeOfImage(value as Image);
}
