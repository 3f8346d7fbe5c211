// What a column holds, as far as it matters for comparisons.

import type { ColumnMetadata } from '../typeorm-internals.js';

/**
 * Values of one kind compare alike on every database. `instant` is a date with its time (in milliseconds), `day` a date
 * without one. `opaque` is everything that only the database can compare (decimals, single floats, times, JSON,
 * arrays…).
 */
export type ColumnKind =
  'text' | 'enum' | 'uuid' | 'integer' | 'bigint' | 'double' | 'boolean' | 'instant' | 'day' | 'binary' | 'opaque';

/** What a column holds. */
export interface ColumnType {
  readonly column: ColumnMetadata;
  readonly kind: ColumnKind;
  /** The type's name in the driver, in lower case. */
  readonly type: string;
}
