// What a write may refer to: every relation it sets has to name a row that the caller could retrieve.

import type { EntityManager, EntityMetadata, ObjectLiteral, RelationMetadata } from 'typeorm';
import { escapeParameters, type ColumnMetadata } from '../../commits/typeorm-internals.js';
import { JiraException, ValidationException } from '../../core/errors/jira.exception.js';
import { canonical, isSqlite, toParameter, toStored } from './column-value.js';
import { SqlWriter } from './condition-sql.js';

/** Whether the caller may retrieve the row of the relation's target with this id: a value, or an object of key columns. */
export type CanRetrieve = (relation: RelationMetadata, id: unknown) => Promise<boolean>;

/** One text for a missing row and an invisible one: the answer must not tell them apart. */
export const MISSING = 'This row does not exist.';

/** What a row's foreign keys hold in the database, by column. */
export type StoredKeys = ReadonlyMap<ColumnMetadata, string>;

interface Named {
  /** The input field that names the row. */
  readonly field: string;
  readonly id: unknown;
}

export class RelationGuard {
  constructor(
    private readonly manager: EntityManager,
    private readonly metadata: EntityMetadata,
    private readonly canRetrieve: CanRetrieve = (relation, id) => this.exists(relation, id),
  ) {}

  /**
   * @param stored the row's keys in the database, for an update: what it names already is not asked again
   * @throws ValidationException naming the fields whose row is missing
   */
  async check(entity: ObjectLiteral, stored?: StoredKeys): Promise<void> {
    const errors: Record<string, string[]> = {};
    for (const relation of this.metadata.relations) {
      for (const { field, id } of await this.newlyNamed(relation, entity, stored))
        if (!(await this.canRetrieve(relation, id))) errors[field] = [MISSING];
    }
    if (Object.keys(errors).length > 0) throw new ValidationException(errors);
  }

  /** Refuses a key that is taken, before save() makes an update of the insert. */
  async checkNew(entity: ObjectLiteral): Promise<void> {
    if (!this.metadata.hasAllPrimaryKeys(entity)) return;
    const query = this.manager.createQueryBuilder(this.metadata.target, 'row').withDeleted();
    if (await query.whereInIds([this.metadata.getEntityIdMap(entity)]).getExists())
      throw new JiraException('CONFLICT', 'A row with this key already exists.');
  }

  /**
   * The row's foreign keys as they are stored, the row locked until the transaction ends where the database can.
   * Undefined when there is no such row.
   */
  async lock(entity: ObjectLiteral): Promise<StoredKeys | undefined> {
    const writer = new SqlWriter(this.metadata.dataSource);
    const columns = [...new Set(this.metadata.relations.flatMap((relation) => ownKeys(relation)))];
    const selected = columns.map((column, index) => `${writer.column('row', column)} AS ${writer.escape(`k${index}`)}`);
    const where = this.metadata.primaryColumns.map((column) => {
      const value = toParameter(column, toStored(column, column.getEntityValue(entity)));
      return `${writer.column('row', column)} = ${writer.bind(value)}`;
    });
    const isLocking =
      this.manager.queryRunner?.isTransactionActive === true && !isSqlite(this.metadata.dataSource.driver);
    const sql = `SELECT ${['1', ...selected].join(', ')} FROM ${writer.table(this.metadata.tablePath)} ${writer.escape('row')} WHERE ${where.join(' AND ')}${isLocking ? ' FOR UPDATE' : ''}`; // prettier-ignore
    const [text, parameters] = escapeParameters(this.metadata.dataSource, sql, writer.parameters);
    const [row]: (Record<string, unknown> | undefined)[] = await this.manager.query(text, parameters);
    return row && new Map(columns.map((column, index) => [column, keyText(row[`k${index}`])]));
  }

  private async newlyNamed(relation: RelationMetadata, entity: ObjectLiteral, stored?: StoredKeys): Promise<Named[]> {
    const named = namedBy(relation, entity);
    if (named.length === 0 || !stored) return named;
    const keys = ownKeys(relation);
    if (keys.length > 0) {
      const isSame = keys.every((column) => stored.get(column) === keyText(column.getEntityValue(entity)));
      return isSame ? [] : named;
    }
    const linked = await this.manager.createQueryBuilder().relation(this.metadata.target, relation.propertyPath).of(entity).loadMany<ObjectLiteral>(); // prettier-ignore
    const known = new Set(linked.map((row) => canonical(idOf(relation, row))));
    return named.filter(({ id }) => !known.has(canonical(id)));
  }

  private exists(relation: RelationMetadata, id: unknown): Promise<boolean> {
    return this.manager.createQueryBuilder(relation.inverseEntityMetadata.target, 'row').whereInIds([id]).getExists();
  }
}

/** The foreign keys that the row itself holds for the relation. */
function ownKeys(relation: RelationMetadata): readonly ColumnMetadata[] {
  return relation.isOwning && !relation.isManyToMany ? relation.joinColumns : [];
}

// Drivers give one key as a number here and a string there.
function keyText(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? `"${value}"` : canonical(value);
}

/** The rows that the entity names by the relation. */
function namedBy(relation: RelationMetadata, entity: ObjectLiteral): Named[] {
  if (ownKeys(relation).length > 0) return namedByKey(relation, entity);
  const value: unknown = relation.getEntityValue(entity);
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item, index) => {
    const id = idOf(relation, item);
    const field = Array.isArray(value) ? `${relation.propertyPath}.${index}` : relation.propertyPath;
    return id === undefined ? [] : [{ field, id }];
  });
}

function namedByKey(relation: RelationMetadata, entity: ObjectLiteral): Named[] {
  const entries = relation.joinColumns.map((column): [string, unknown] => [
    column.referencedColumn?.propertyPath ?? column.propertyPath,
    column.getEntityValue(entity),
  ]);
  if (entries.some(([, value]) => value === null || value === undefined)) return [];
  const [column] = relation.joinColumns;
  const byObject = relation.getEntityValue(entity) !== undefined;
  const field = byObject || !column ? relation.propertyPath : column.propertyPath;
  return [{ field, id: entries.length === 1 ? entries[0]?.[1] : Object.fromEntries(entries) }];
}

/** Undefined for a row without a key: one that the write itself will create. */
function idOf(relation: RelationMetadata, value: unknown): unknown {
  if (typeof value !== 'object') return value;
  const map: ObjectLiteral | undefined =
    value === null ? undefined : relation.inverseEntityMetadata.getEntityIdMap(value);
  const values = Object.values(map ?? {}) as unknown[];
  return values.length === 1 ? values[0] : map;
}
