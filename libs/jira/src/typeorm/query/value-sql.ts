// Writes a value of an image as SQL, in the type of its column.

import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Image } from '../../core/changes/change.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { toParameter, typeOf } from './column-value.js';
import { read } from './condition-memory.js';
import type { SqlWriter } from '../rows/sql-writer.js';

export function valueSql(column: ColumnMetadata, image: Image, writer: SqlWriter): string {
  const stored = read(column, image);
  if (stored === null) return 'NULL';
  const parameter = writer.bind(toParameter(column, stored));
  const odd = typeof stored === 'object' ? stored.opaque : undefined;
  return dialectOf(writer.dataSource).typedValue(typeOf(column), odd, parameter);
}
