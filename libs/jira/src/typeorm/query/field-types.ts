// The types of an entity's fields, as filters and orderings see them.

import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { FieldKind, FieldType, FieldTypes } from '../../policy/filtering/field-type.js';
import type { ColumnKind } from '../../commits/dialect/dialect.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { typeOf } from './column-value.js';
import { resolvePath } from './field-path.js';

export class EntityFieldTypes implements FieldTypes {
  private readonly known = new Map<ColumnMetadata, FieldType>();

  constructor(private readonly metadata: EntityMetadata) {}

  typeOf(path: readonly string[]): FieldType | undefined {
    const column = resolvePath(this.metadata, path)?.column;
    if (!column) return undefined;
    let type = this.known.get(column);
    if (!type) this.known.set(column, (type = columnType(column)));
    return type;
  }

  relationDepth(path: readonly string[]): number {
    return resolvePath(this.metadata, path)?.relations.length ?? 0;
  }

  hasMany(path: readonly string[]): boolean {
    const relations = resolvePath(this.metadata, path)?.relations ?? [];
    return relations.some((relation) => relation.isOneToMany || relation.isManyToMany);
  }
}

const KINDS: Readonly<Record<ColumnKind, FieldKind>> = {
  text: 'string', enum: 'enum', uuid: 'uuid', integer: 'integer', bigint: 'bigint', double: 'number', boolean: 'boolean',
  instant: 'date', day: 'day', binary: 'other', opaque: 'other',
}; // prettier-ignore

function columnType(column: ColumnMetadata): FieldType {
  const { hasFunctions, hasUtcParts } = dialectOf(column.entityMetadata.dataSource);
  const { type, kind } = typeOf(column);
  const isNullable = column.isNullable;
  if (kind === 'opaque') return { kind: opaqueKind(column, type), isNullable };
  if (kind === 'enum') return { kind: 'enum', isNullable, values: column.enum ?? [] };
  if (kind === 'text') return { kind: 'string', isNullable, hasRegex: hasFunctions };
  if (kind === 'integer') return { kind: 'integer', isNullable, ...boundsOf(type, column.unsigned) };
  if (kind === 'instant' && !hasUtcParts) return { kind: 'date', isNullable, hasUtcParts: false };
  return { kind: KINDS[kind], isNullable };
}

function opaqueKind(column: ColumnMetadata, type: string): FieldKind {
  if (column.isArray || column.type === 'simple-array' || column.type === 'simple-json') return 'other';
  if (type === 'decimal' || type === 'numeric') return 'decimal';
  if (type === 'float' || type === 'real') return 'number';
  if (type === 'character' || type === 'citext') return 'string';
  return type === 'time' || type === 'time without time zone' ? 'time' : 'other';
}

const BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, int2: 16, mediumint: 24 };

/** The range of the column. A database refuses to compare it with a number outside. */
function boundsOf(type: string, isUnsigned: boolean): { min: number; max: number } {
  const range = 2 ** (BITS[type] ?? 32);
  return isUnsigned ? { min: 0, max: range - 1 } : { min: -range / 2, max: range / 2 - 1 };
}
