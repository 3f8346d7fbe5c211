// Checks the rows that a write refers to: every relation it sets must name a row that the caller could retrieve.

import type { EntityManager, EntityMetadata, ObjectLiteral } from 'typeorm';
import { escapeParameters, type ColumnMetadata, type RelationMetadata } from '../../commits/typeorm-internals.js';
import { JiraException, ValidationException, type FieldErrors } from '../../core/errors/jira.exception.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { canonical, toParameter, toStored } from './column-value.js';
import { isRow, keyFilter, type NamedKey } from './named-row.js';
import { shapeFaults } from './relation-shape.js';
import { ownForeignKeys, relationKeys } from '../rows/related-rows.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { tableAs } from '../rows/table-rows.js';
import { columnValue } from '../../commits/column-value.js';

/** Whether the caller may retrieve the related row with this key. @param field the input field that errors name */
export type CanRetrieve = (relation: RelationMetadata, key: NamedKey, field: string) => Promise<boolean>;

/** Asks once per row and remembers the answer, for several entities that are stored together. */
export function remembered(canRetrieve: CanRetrieve | undefined): CanRetrieve | undefined {
  if (!canRetrieve) return undefined;
  const known = new Map<RelationMetadata, Map<string, Promise<boolean>>>();
  return (relation, key, field) => {
    const named = canonical([...key].map(([column, value]) => [column.propertyPath, value]));
    const verdicts = getOrAdd(known, relation, () => new Map<string, Promise<boolean>>());
    return getOrAdd(verdicts, named, () => canRetrieve(relation, key, field));
  };
}

/** One text for a missing row and an invisible one: the answer must not tell them apart. */
export const MISSING = 'This row does not exist.';

/** The stored values of a row's foreign keys, by column. */
export type StoredKeys = ReadonlyMap<ColumnMetadata, string>;

interface Named {
  /** The input field that names the row. */
  readonly field: string;
  readonly key: NamedKey;
}

export class RelationGuard {
  constructor(
    private readonly manager: EntityManager,
    private readonly metadata: EntityMetadata,
    private readonly canRetrieve: CanRetrieve = (relation, key, field) =>
      isRow(manager, relation.inverseEntityMetadata, keyFilter(relation.inverseEntityMetadata, key, field)),
  ) {}

  /**
   * @param stored for an update, the row's keys in the database: rows that it already names are not checked again
   * @throws ValidationException with the fields that name a missing row, or none
   */
  async check(entity: ObjectLiteral, stored?: StoredKeys): Promise<void> {
    const errors = await this.faultsOf(entity, stored);
    if (Object.keys(errors).length > 0) throw new ValidationException(errors);
  }

  /** Like `check`, but returns the errors by field. @param prefix for the fields of a nested entity */
  async faultsOf(entity: ObjectLiteral, stored?: StoredKeys, prefix = ''): Promise<FieldErrors> {
    const errors: Record<string, string[]> = {};
    for (const relation of this.metadata.relations) {
      const faults = shapeFaults(relation, entity);
      for (const [field, text] of faults) errors[prefix + field] = [text];
      if (faults.length > 0) continue;
      for (const { field, key } of await this.newlyNamed(relation, entity, stored))
        if (!(await this.canRetrieve(relation, key, prefix + field))) errors[prefix + field] = [MISSING];
    }
    return errors;
  }

  /** Refuses a key that is taken: save() would update the existing row. @throws JiraException with `CONFLICT` */
  async checkNew(entity: ObjectLiteral): Promise<void> {
    if (!this.metadata.hasAllPrimaryKeys(entity)) return;
    const query = this.manager.createQueryBuilder(this.metadata.target, 'row').withDeleted();
    if (await query.whereInIds([this.metadata.getEntityIdMap(entity)]).getExists())
      throw new JiraException('CONFLICT', 'A row with this key already exists.');
  }

  /**
   * Reads the row's stored foreign keys and, where the database can, locks the row until the transaction ends.
   * Undefined if there is no such row.
   */
  async lock(entity: ObjectLiteral): Promise<StoredKeys | undefined> {
    const writer = new SqlWriter(this.metadata.dataSource);
    const columns = [...new Set(this.metadata.relations.flatMap((relation) => ownForeignKeys(relation)))];
    const selected = columns.map((column, index) => `${writer.column('row', column)} AS ${writer.escape(`k${index}`)}`);
    const where = this.metadata.primaryColumns.map((column) => {
      const value = toParameter(column, toStored(column, columnValue(column, entity)));
      return `${writer.column('row', column)} = ${writer.bind(value)}`;
    });
    const isLocking =
      this.manager.queryRunner?.isTransactionActive === true && !dialectOf(this.metadata.dataSource).hasOneConnection;
    const sql = `SELECT ${['1', ...selected].join(', ')} FROM ${tableAs(this.metadata, 'row', writer)} WHERE ${where.join(' AND ')}${isLocking ? ' FOR UPDATE' : ''}`; // prettier-ignore
    const [text, parameters] = escapeParameters(this.metadata.dataSource, sql, writer.parameters);
    const [row]: (Record<string, unknown> | undefined)[] = await this.manager.query(text, parameters);
    return row && new Map(columns.map((column, index) => [column, keyText(row[`k${index}`])]));
  }

  /** The same for a row whose columns were all selected already. */
  keysOf(row: Readonly<Record<string, unknown>>): StoredKeys {
    const columns = this.metadata.relations.flatMap((relation) => ownForeignKeys(relation));
    return new Map(columns.map((column) => [column, keyText(row[column.databaseName])]));
  }

  private async newlyNamed(relation: RelationMetadata, entity: ObjectLiteral, stored?: StoredKeys): Promise<Named[]> {
    const named = namedBy(relation, entity);
    if (named.length === 0 || !stored) return named;
    const keys = ownForeignKeys(relation);
    if (keys.length > 0) {
      const isSame = keys.every((column) => stored.get(column) === keyText(columnValue(column, entity)));
      return isSame ? [] : named;
    }
    const linked = await this.manager.createQueryBuilder().relation(this.metadata.target, relation.propertyPath).of(entity).loadMany<ObjectLiteral>(); // prettier-ignore
    return named.filter(({ key }) => !linked.some((row) => [...key].every(([column, value]) => keyText(columnValue(column, row)) === keyText(value)))); // prettier-ignore
  }
}

/** The foreign keys of an entity that was read from the database. */
export function storedKeys(metadata: EntityMetadata, row: ObjectLiteral): StoredKeys {
  const columns = metadata.relations.flatMap((relation) => ownForeignKeys(relation));
  return new Map(columns.map((column) => [column, keyText(columnValue(column, row))]));
}

// Drivers may return the same key as a number or as a string.
function keyText(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? `"${value}"` : canonical(value);
}

/** The rows that the entity names in the relation. */
function namedBy(relation: RelationMetadata, entity: ObjectLiteral): Named[] {
  if (ownForeignKeys(relation).length > 0) return namedByForeignKey(relation, entity);
  const value: unknown = relation.getEntityValue(entity);
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item, index) => {
    const key = keyOf(relation, item);
    const field = Array.isArray(value) ? `${relation.propertyPath}.${index}` : relation.propertyPath;
    return key ? [{ field, key }] : [];
  });
}

function namedByForeignKey(relation: RelationMetadata, entity: ObjectLiteral): Named[] {
  const key = new Map<ColumnMetadata, unknown>();
  for (const column of relation.joinColumns) {
    const value: unknown = columnValue(column, entity);
    if (value === null || value === undefined) return [];
    if (column.referencedColumn) key.set(column.referencedColumn, value);
  }
  const [column] = relation.joinColumns;
  const byObject = relation.getEntityValue(entity) !== undefined;
  return [{ field: byObject || !column ? relation.propertyPath : column.propertyPath, key }];
}

/** Undefined for a row without a key, which the write itself will create. */
function keyOf(relation: RelationMetadata, item: unknown): NamedKey | undefined {
  const { primaryColumns } = relation.inverseEntityMetadata;
  const [only] = primaryColumns;
  if (item === null || item === undefined || !only) return undefined;
  if (typeof item !== 'object') return new Map([[only, item]]);
  // A link table may refer to other columns than the primary key. Both must belong to one row.
  const columns = new Set([...primaryColumns, ...relationKeys(relation).other]);
  const key = new Map([...columns].map((column): [ColumnMetadata, unknown] => [column, columnValue(column, item)]));
  if (primaryColumns.some((column) => isMissing(key.get(column)))) return undefined;
  return new Map([...key].filter(([, value]) => !isMissing(value)));
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined;
}
