// Combines a transaction's writes to one row into one change.

import { isDeepStrictEqual } from 'node:util';
import type { EntityMetadata } from 'typeorm';
import type { Change } from '../../core/changes/change.js';
import { noteExact } from '../../core/changes/exact-values.js';
import type { RawRow, TrackedTable } from './tracked-table.js';

export interface RowImages {
  readonly table: TrackedTable;
  readonly before: RawRow | null;
  readonly after: RawRow | null;
}

/** Whether any column changed. */
export function hasChanged({ before, after }: RowImages): boolean {
  return !isDeepStrictEqual(before, after);
}

/** One change; two if the row became another entity of its table; none if it was inserted and deleted again. */
export function changesOf(row: RowImages, source: string): Change[] {
  const { table, before, after } = row;
  if (before && after && table.entityOf(before) !== table.entityOf(after)) {
    return [...changesOf({ table, before, after: null }, source), ...changesOf({ table, before: null, after }, source)];
  }
  const present = after ?? before;
  if (!present) return [];
  const entity = table.entityOf(present);
  const ancestors = ancestorsOf(entity);
  const exact = exactOf(row);
  const change: Change = {
    source,
    entity: entity.name,
    ...(ancestors.length > 0 && { ancestors }),
    id: table.idOf(present),
    ...typeOf(table, before, after),
    ...(before && { before: table.imageOf(before) }),
    ...(after && { after: table.imageOf(after) }),
    ...(exact && { exact }),
  };
  if (exact) noteExact(change);
  return [change];
}

function exactOf({ table, before, after }: RowImages): Change['exact'] {
  const was = before ? table.exact.of(before) : undefined;
  const is = after ? table.exact.of(after) : undefined;
  return was || is ? { ...(was && { before: was }), ...(is && { after: is }) } : undefined;
}

function typeOf(
  table: TrackedTable,
  before: RawRow | null,
  after: RawRow | null,
): Pick<Change, 'type' | 'isSoftDeleted'> {
  const wasAlive = before !== null && !table.isSoftDeleted(before);
  const isAlive = after !== null && !table.isSoftDeleted(after);
  if (wasAlive) return { type: isAlive ? 'modified' : 'removed' };
  if (isAlive) return { type: 'added' };
  return { type: before === null ? 'added' : after === null ? 'removed' : 'modified', isSoftDeleted: true };
}

function ancestorsOf(entity: EntityMetadata): string[] {
  const parent = entity.parentEntityMetadata as EntityMetadata | undefined;
  return parent && parent.tablePath === entity.tablePath ? [parent.name, ...ancestorsOf(parent)] : [];
}
