// Reads and locks rows that are about to be written, by one statement. What it has read serves the write, too, until
// the transaction ends.

import type { EntityManager, EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import { nameHeld, type HeldRow } from '../../commits/capture/held-rows.js';
import { select } from '../../commits/capture/row-reader.js';
import type { RawRow } from '../../commits/capture/tracked-table.js';
import type { TypeOrmChangeSource } from '../../commits/capture/typeorm-change-source.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { SavePlan } from '../../commits/typeorm-persistence.js';
import type { RowUse } from '../../hooks/store.js';
import { writeSql } from '../query/condition-sql.js';
import { or } from '../query/condition.js';
import { RowPredicate } from '../query/row-predicate.js';
import type { StoredRows } from '../reader/stored-rows.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { rowConditions, tableAs } from '../rows/table-rows.js';

const ALIAS = 'row';

/** The locked rows, by the entities that they were read as. */
const LOCKED = new WeakMap<object, HeldRow>();

export class LockedRows<E extends object> {
  /** Whether a row consists of its columns alone, for TypeORM as well. */
  private readonly isPlain: boolean;

  constructor(
    private readonly metadata: EntityMetadata,
    private readonly source: TypeOrmChangeSource,
    private readonly stored: StoredRows<E>,
  ) {
    this.isPlain =
      metadata.tableType === 'regular' &&
      metadata.treeType === undefined &&
      metadata.inheritancePattern === undefined &&
      metadata.childEntityMetadatas.length === 0;
  }

  /**
   * The row that satisfies the predicates, which name it by its key; null if there is none. `undefined` if nothing was
   * done and TypeORM must read it.
   */
  async find(
    manager: EntityManager,
    predicates: readonly RowPredicate[],
    { use, withDeleted }: { use: RowUse; withDeleted: boolean },
  ): Promise<E | null | undefined> {
    const rows = await this.select(manager, predicates, ' LIMIT 1', { use, withDeleted });
    if (!rows || !manager.queryRunner) return undefined;
    const [raw] = rows;
    return raw ? this.entityOf(manager.queryRunner, raw) : null;
  }

  /** For each of `names`, the row that satisfies it and all predicates; null if it is not certain which row that is. */
  async findEach(
    manager: EntityManager,
    names: readonly RowPredicate[],
    predicates: readonly RowPredicate[],
    options: { use: RowUse; withDeleted: boolean },
  ): Promise<(E | null)[] | undefined> {
    const { metadata } = this;
    const named = new RowPredicate(metadata, or(names.map(({ condition }) => condition)));
    const keys = metadata.primaryColumns.map(({ databaseName }) => manager.dataSource.driver.escape(databaseName));
    const rows = await this.select(manager, [...predicates, named], ` ORDER BY ${keys.join(', ')}`, options);
    if (!rows || !manager.queryRunner) return undefined;
    const images = await Promise.all(rows.map(async (raw) => ({ raw, image: (await this.stored.stored(raw)).image })));
    const found: (E | null)[] = [];
    for (const name of names) {
      const at = images.findIndex(({ image }) => name.matches(image) === true);
      const [one] = at < 0 ? [] : images.splice(at, 1);
      found.push((one && (await this.entityOf(manager.queryRunner, one.raw))) ?? null);
    }
    return found;
  }

  private async select(
    manager: EntityManager,
    predicates: readonly RowPredicate[],
    end: string,
    { use, withDeleted }: { use: RowUse; withDeleted: boolean },
  ): Promise<readonly RawRow[] | undefined> {
    const runner = manager.queryRunner;
    if (!runner?.isTransactionActive || !this.isPlain || !this.stored.maker.isEnough) return undefined;
    const writer = new SqlWriter(manager.dataSource);
    const conditions = rowConditions(this.metadata, ALIAS, writer, { withDeleted });
    for (const { constant, condition } of predicates)
      if (constant !== true) conditions.push(`(${writeSql(condition, ALIAS, writer)})`);
    const lock = dialectOf(manager.dataSource).lockClause(use);
    const sql = `SELECT ${this.stored.selection} FROM ${tableAs(this.metadata, ALIAS, writer)} WHERE ${conditions.join(' AND ')}${end}${lock}`;
    return select(runner, sql, writer.parameters);
  }

  /** The row as it is stored, if the entity was read locked and that still holds. */
  rowOf(manager: EntityManager, entity: E): RawRow | undefined {
    return this.heldRow(manager, entity)?.row;
  }

  /** The row as it was read, as a new object. */
  async again(manager: EntityManager, entity: E): Promise<E | undefined> {
    const row = this.rowOf(manager, entity);
    return row && this.copyOf(row);
  }

  /** Writes the entity, or removes its row, as TypeORM would, without another read. False if TypeORM must do it. */
  async write(manager: EntityManager, entity: E, isRemoved: boolean): Promise<boolean> {
    const held = this.heldRow(manager, entity);
    const stored = held && !this.hasRelations(entity, isRemoved) && (await this.copyOf(held.row));
    if (!stored || !manager.queryRunner) return false;
    const rows = { entity, stored, isRemoved };
    await SavePlan.known(manager.queryRunner, this.metadata, rows, (name) => nameHeld(name, held)).execute();
    return true;
  }

  private heldRow({ queryRunner }: EntityManager, entity: E): HeldRow | undefined {
    const held = LOCKED.get(entity);
    return held && queryRunner && this.source.isHeld(queryRunner, held) ? held : undefined;
  }

  private async entityOf(runner: QueryRunner, raw: RawRow): Promise<E | undefined> {
    const entity = await this.copyOf(raw);
    if (entity) LOCKED.set(entity, this.source.hold(runner, raw));
    return entity;
  }

  /** A copy with its own values: changing one must not change what is known of the row. */
  private async copyOf(raw: RawRow): Promise<E | undefined> {
    const copy: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(raw)) {
      const own = copied(value);
      if (own === undefined && value !== undefined) return undefined;
      copy[name] = own;
    }
    return (await this.stored.stored(copy)).row;
  }

  /** Whether TypeORM would have to read more than the row. */
  private hasRelations(entity: ObjectLiteral, isRemoved: boolean): boolean {
    const { relations, manyToManyRelations } = this.metadata;
    if (isRemoved && manyToManyRelations.length > 0) return true;
    return relations.some((relation) => relation.getEntityValue(entity) !== undefined);
  }
}

/** `undefined` if the value cannot be copied. */
function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return new Date(value);
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
    ? structuredClone(value)
    : undefined;
}
