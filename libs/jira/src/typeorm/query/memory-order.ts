// Sorts rows in memory exactly as the database would, for the orderings that allow it.

import type { EntityMetadata } from 'typeorm';
import { dialectOf } from '../../commits/dialect/dialects.js';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { SortKey, RowOrder } from '../../live/lists/list-definition.js';
import type { Ordering } from '../../policy/filtering/filter.js';
import { compareStored, kindOf } from './column-value.js';
import { read } from './condition-memory.js';
import { totalOrder } from './cursor.js';
import { resolvePath } from './field-path.js';

type Value = SortKey[number];

/** `undefined` if only the database can sort by this ordering. */
export function memoryOrder(metadata: EntityMetadata, ordering: readonly Ordering[]): RowOrder | undefined {
  const terms = totalOrder(metadata, ordering).map(({ path, direction }) => {
    const field = resolvePath(metadata, path);
    return { field, sign: direction === 'asc' ? 1 : -1 };
  });
  const columns: ColumnMetadata[] = [];
  for (const { field } of terms) {
    if (!field || field.relations.length > 0 || !isExact(field.column)) return undefined;
    columns.push(field.column);
  }
  return {
    sortKeyOf: (row) => sortKeyOf(columns, row),
    compare: (one, other) => {
      for (const [i, { sign }] of terms.entries()) {
        const order = compareValues(one[i], other[i]);
        if (order !== 0) return order * sign;
      }
      return 0;
    },
  };
}

/** Whether rows and images hold exactly the values that the database sorts by. */
function isExact(column: ColumnMetadata): boolean {
  if (column.transformer !== undefined || column.isVirtualProperty || !column.isSelect) return false;
  const kind = kindOf(column);
  // Text is compared by its bytes, whatever the collation; a UUID stored as text is not.
  if (kind === 'uuid' && column.collation !== undefined) return false;
  return dialectOf(column.entityMetadata.dataSource).sortedKinds.includes(kind);
}

function sortKeyOf(columns: readonly ColumnMetadata[], row: object): SortKey | undefined {
  const sortKey: Value[] = [];
  for (const column of columns) {
    if (column.getEntityValue(row) === undefined) return undefined;
    const value = read(column, row as Readonly<Record<string, unknown>>);
    if ((typeof value === 'object' && value !== null) || isTooLong(column, value)) return undefined;
    sortKey.push(value);
  }
  return sortKey;
}

/** Whether the database may sort by the beginning of the text alone. */
function isTooLong({ entityMetadata }: ColumnMetadata, value: Value): boolean {
  const { sortedBytes = Infinity } = dialectOf(entityMetadata.dataSource);
  return typeof value === 'string' && value.length * 3 > sortedBytes && Buffer.byteLength(value) > sortedBytes;
}

/** `null` comes last ascending and first descending. */
function compareValues(one: Value, other: Value): number {
  if (one === other) return 0;
  if (one === null) return 1;
  return other === null ? -1 : compareStored(one, other);
}
