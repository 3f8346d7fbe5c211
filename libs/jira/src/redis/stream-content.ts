// What an entry of the stream says, as text and back.

import { createHash } from 'node:crypto';
import type { Change } from '../core/changes/change.js';
import type { LogEntry } from '../core/changes/change-log.js';
import { noteExact } from '../core/changes/exact-values.js';
import type { Gap } from '../core/changes/gap.js';
import type { Revocation } from '../core/changes/revocation.js';
import { decode, encode } from '../core/support/plain-data.js';
import type { StreamEntry } from './stream-reader.js';

/** The form of an entry. Who reads another form than its own can only know that something was said, and refetches. */
export const VERSION = '2';

/** The fields of an entry that hold what it says: one of them, or none. */
export interface Content {
  readonly changes?: string;
  readonly revocation?: string;
  /** A gap that a process has noticed. Older versions of the library find nothing they know here: for them, too, a gap. */
  readonly mark?: string;
}

/** Nothing for what cannot travel: a column of an application's own class that is no data. */
export function contentOf(entry: LogEntry): Content {
  try {
    if (entry.kind === 'gap') return { mark: encode(entry) };
    return entry.kind === 'revocation' ? { revocation: encode(entry) } : { changes: encode(entry.changes) };
  } catch {
    return {};
  }
}

/** `undefined` for what another version of the library wrote, and this one cannot read. */
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

/** A position for what was written without one: the same in every process. */
export function entryPosition(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 22);
}
