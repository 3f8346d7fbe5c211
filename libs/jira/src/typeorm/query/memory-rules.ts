// Which comparisons may be judged in memory: for each kind of column, those with the same result on every database.

import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { exactOf } from '../../core/changes/exact-values.js';
import type { Image } from '../../core/changes/change.js';
import type { ColumnKind } from '../../commits/dialect/dialect.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { kindOf, typeOf } from './column-value.js';

/** `part`: a part of a date, such as its month. */
export type Comparing = 'equality' | 'order' | 'text' | 'part';

const ALLOWED: Readonly<Record<ColumnKind, readonly Comparing[]>> = {
  text: ['equality', 'order', 'text'],
  enum: ['equality', 'order', 'text'],
  // MariaDB sorts UUIDs by their timestamp, not by their text.
  uuid: ['equality'],
  integer: ['equality', 'order'],
  bigint: ['equality', 'order'],
  double: ['equality', 'order'],
  boolean: ['equality'],
  instant: ['equality', 'order', 'part'],
  day: ['equality', 'order', 'part'],
  binary: ['equality'],
  opaque: [],
};

const allowed = new WeakMap<ColumnMetadata, readonly Comparing[]>();

/** Whether memory compares values of the column as the database does. */
export function mayJudge(column: ColumnMetadata, comparing: Comparing): boolean {
  let found = allowed.get(column);
  if (!found) allowed.set(column, (found = findAllowed(column)));
  return found.includes(comparing);
}

function findAllowed(column: ColumnMetadata): readonly Comparing[] {
  const kind = kindOf(column);
  if (kind === 'instant') return ALLOWED.instant.filter((one) => keepsInstants(column, one));
  return ALLOWED[kind];
}

/**
 * Whether the comparison is exact for the column's dates. Local time repeats an hour each autumn, so one text may stand
 * for two dates. A part of a date, such as its hour, is the expected one only in UTC.
 */
function keepsInstants(column: ColumnMetadata, comparing: Comparing): boolean {
  if (typeOf(column).type === 'timestamp with time zone') return true;
  const { timezone } = dialectOf(column.entityMetadata.dataSource);
  if (timezone === 'local') return isUtcProcess();
  return comparing !== 'part' || timezone === 'Z' || timezone === '+00:00';
}

function isUtcProcess(): boolean {
  return ['UTC', 'Etc/UTC', 'GMT'].includes(Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/**
 * Whether the image holds the stored value. It has none for a virtual column, and for a column with a transformer only
 * if the stored value was captured with the image.
 */
export function isSaid(column: ColumnMetadata, image: Image): boolean {
  if (column.isVirtualProperty) return false;
  return column.transformer === undefined || exactOf(image)?.[column.databaseName] !== undefined;
}
