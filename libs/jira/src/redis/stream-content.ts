// Encodes and decodes the entries of the stream.

import { createHash } from 'node:crypto';
import type { Change } from '../core/changes/change.js';
import type { LogEntry } from '../core/changes/change-log.js';
import { noteExact } from '../core/changes/exact-values.js';
import type { Gap } from '../core/changes/gap.js';
import type { Revocation } from '../core/changes/revocation.js';
import { decode, encode } from '../core/support/plain-data.js';
import type { StreamEntry } from './stream-reader.js';

/** Version of the encoding. A process that reads another version cannot decode the entry and resets its subscribers. */
export const VERSION = '2';

/** The fields that may hold the content of an entry: one of them, or none. */
export interface Content {
  readonly changes?: string;
  readonly revocation?: string;
  /** A gap that a process noticed. Older versions of the library do not know the field and see a gap too. */
  readonly mark?: string;
}

/** `undefined` if it cannot be encoded: a column holds an instance of an application's class that is not data. */
export function contentOf(entry: LogEntry): Content {
  try {
    if (entry.kind === 'gap') return { mark: encode(entry) };
    return entry.kind === 'revocation' ? { revocation: encode(entry) } : { changes: encode(entry.changes) };
  } catch {
    return {};
  }
}

/** `undefined` for an entry of another version of the library that this one cannot decode. */
export function entryOf({ version, changes, revocation, mark }: StreamEntry['fields']): LogEntry | undefined {
  if (version !== VERSION) return undefined;
  try {
    if (revocation !== undefined) return decode(revocation) as Revocation;
    if (mark !== undefined) return decode(mark) as Gap;
    if (changes === undefined) return undefined;
    const read = decode(changes) as readonly Change[];
    for (const change of read) noteExact(change);
    return { changes: read };
  } catch {
    return undefined;
  }
}

/** The position of an entry that was written without one: the same in every process. */
export function entryPosition(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 22);
}
