// What a column holds, as far as comparisons care.

import type { ColumnMetadata } from '../typeorm-internals.js';

/**
 * Values of one kind compare alike on every database. `instant` is a date with its time (millisecond precision), `day` a
 * date without; `opaque` is everything whose comparison only the database knows (decimals, single floats, times, JSON,
 * arrays…).
 */
export type ColumnKind =
  'text' | 'enum' | 'uuid' | 'integer' | 'bigint' | 'double' | 'boolean' | 'instant' | 'day' | 'binary' | 'opaque';

/** What a column holds. */
export interface ColumnType {
  readonly column: ColumnMetadata;
  readonly kind: ColumnKind;
  /** As the driver calls it, in lower case. */
  readonly type: string;
}
