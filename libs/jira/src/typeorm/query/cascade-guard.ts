// Checks what save() would write besides the row itself: cascaded rows, rows that leave a list, and links. Rows that
// the caller cannot see stay as they are; rows that the caller may not write are reported by field.

import type { EntityManager, EntityMetadata, ObjectLiteral } from 'typeorm';
import { ValidationException, type FieldErrors } from '../../core/errors/jira.exception.js';
import type { ColumnMetadata, RelationMetadata } from '../../commits/typeorm-internals.js';
import type { SavedRow, SavePlan } from '../../commits/typeorm-persistence.js';
import { linkTableOf } from '../rows/related-rows.js';
import { canonical } from './column-value.js';
import type { NamedKey } from './named-row.js';
import { RelationGuard, storedKeys, type CanRetrieve } from './relation-guard.js';
import { columnValue } from '../../commits/column-value.js';

export interface NestedWrite {
  readonly kind: 'create' | 'update' | 'destroy';
  readonly metadata: EntityMetadata;
  /** The properties to write, with their values. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Properties that the write sets by itself: those that point back to the row that the nested one belongs to. */
  readonly given: readonly string[];
  /** Undefined for a new row. */
  readonly key?: NamedKey;
  /** The input field that errors name. */
  readonly field: string;
}

/** Rules for writing nested rows. */
export interface NestedRules {
  /** Whether the client sent the relation's value. `faultsOf` is not called for values that application code set. */
  isSent(relation: RelationMetadata): boolean;
  /** Errors by field of the nested row, from the hooks of its entity; undefined if one of these hooks allows the write. */
  faultsOf(write: NestedWrite): Promise<FieldErrors | undefined>;
}

export interface CascadeRules {
  /** Whether the caller may retrieve the row that the input names in a relation. @default every existing row */
  readonly canRetrieve?: CanRetrieve;
  /** How nested rows are written. @default as TypeORM does */
  readonly nested?: NestedRules;
}

interface Mention {
  readonly field: string;
  readonly relation: RelationMetadata;
  /** The relation of the written row through which the nested row was reached. */
  readonly root: RelationMetadata;
}

const NOT_SEEN = 'This row would not be visible to you.';

export class CascadeGuard {
  private readonly mentions = new Map<unknown, Mention>();
  /** Nested rows that the client sent. The caller must be able to see them after the write. */
  private readonly written: SavedRow[] = [];

  constructor(
    private readonly manager: EntityManager,
    private readonly plan: SavePlan,
    private readonly rules: CascadeRules,
  ) {
    const [own] = plan.rows;
    if (own?.entity) this.findMentions(own.entity, own.metadata, '');
  }

  /**
   * Drops the plan's writes to rows that the caller cannot see, and checks the others.
   *
   * @throws ValidationException with the fields of nested rows that the caller may not write like this
   */
  async check(): Promise<void> {
    const errors: Record<string, readonly string[]> = {};
    for (const row of this.plan.rows.slice(1)) {
      if (await this.isHidden(row)) this.plan.drop(row);
      else Object.assign(errors, await this.faultsOf(row));
    }
    if (Object.keys(errors).length > 0) throw new ValidationException(errors);
  }

  /**
   * Call it after the plan was executed.
   *
   * @throws ValidationException with the fields of written rows that the caller cannot see
   */
  async checkWritten(): Promise<void> {
    const errors: Record<string, readonly string[]> = {};
    for (const { entity, metadata } of this.written) {
      const mention = this.mentions.get(entity);
      if (!mention || !entity) continue;
      const isSeen = await this.canRetrieve(mention.relation, keyOf(metadata, entity), mention.field);
      if (!isSeen) errors[mention.field] = [NOT_SEEN];
    }
    if (Object.keys(errors).length > 0) throw new ValidationException(errors);
  }

  /** Whether the write removes a link or a list item that the caller could not retrieve. */
  private async isHidden(row: SavedRow): Promise<boolean> {
    const parted = row.metadata.isJunction ? partedLink(row) : partedRow(row);
    return parted !== undefined && !(await this.canRetrieve(parted.relation, parted.key, parted.relation.propertyPath));
  }

  private async faultsOf(row: SavedRow): Promise<FieldErrors> {
    if (row.metadata.isJunction) return {};
    const parted = partedRow(row);
    if (parted) return this.faultsOfParted(row, parted);
    const mention = this.mentions.get(row.entity);
    if (!mention || !row.entity) return {};
    const stored = row.databaseEntity && storedKeys(row.metadata, row.databaseEntity);
    const guard = new RelationGuard(this.manager, row.metadata, this.rules.canRetrieve);
    const errors = await guard.faultsOf(row.entity, stored, `${mention.field}.`);
    const write = this.rules.nested?.isSent(mention.root) === true ? nestedWrite(row, row.entity, mention) : undefined;
    if (!write) return errors;
    this.written.push(row);
    return { ...(await this.refused(write)), ...errors };
  }

  /** A row that leaves a list is unlinked or deleted. Unlinking needs sight of the row; deleting needs its hook's consent. */
  private async faultsOfParted(row: SavedRow, { relation, key }: Parted): Promise<FieldErrors> {
    const isDeleted = row.mustBeRemoved || row.canBeSoftRemoved;
    if (!isDeleted || this.rules.nested?.isSent(relation) !== true) return {};
    return this.refused({ kind: 'destroy', metadata: row.metadata, fields: {}, given: [], key, field: relation.propertyPath }); // prettier-ignore
  }

  private async refused(write: NestedWrite): Promise<FieldErrors> {
    const faults = Object.entries((await this.rules.nested?.faultsOf(write)) ?? {});
    return Object.fromEntries(faults.map(([name, texts]) => [name === '' ? write.field : `${write.field}.${name}`, texts])); // prettier-ignore
  }

  private canRetrieve(relation: RelationMetadata, key: NamedKey, field: string): Promise<boolean> {
    return this.rules.canRetrieve?.(relation, key, field) ?? Promise.resolve(true);
  }

  private findMentions(entity: ObjectLiteral, metadata: EntityMetadata, prefix: string, root?: RelationMetadata): void {
    for (const relation of metadata.relations) {
      const value: unknown = relation.getEntityValue(entity);
      const items: unknown[] = Array.isArray(value) ? value : [value];
      for (const [i, item] of items.entries()) {
        if (typeof item !== 'object' || item === null || item === this.plan.rows[0]?.entity || this.mentions.has(item)) continue; // prettier-ignore
        const field = `${prefix}${relation.propertyPath}${Array.isArray(value) ? `.${i}` : ''}`;
        this.mentions.set(item, { field, relation, root: root ?? relation });
        this.findMentions(item, relation.inverseEntityMetadata, `${field}.`, root ?? relation);
      }
    }
  }
}

interface Parted {
  readonly relation: RelationMetadata;
  readonly key: NamedKey;
}

/** The row at the other end of a link that the write removes. */
function partedLink({ metadata, mustBeRemoved, identifier, parentSubject }: SavedRow): Parted | undefined {
  const parent = parentSubject?.entity;
  if (!mustBeRemoved || !identifier || !parentSubject || !parent) return undefined;
  for (const relation of parentSubject.metadata.manyToManyRelations) {
    const link = linkTableOf(relation);
    // A relation between rows of one entity has one link table: its columns tell which side the row is on.
    const isOfThisSide = (column: ColumnMetadata): boolean =>
      canonical(columnValue(column, identifier)) === canonical(column.referencedColumn?.getEntityValue(parent));
    if (link?.table !== metadata || !link.own.every(isOfThisSide)) continue;
    const key = link.other.flatMap((column): [ColumnMetadata, unknown][] => (column.referencedColumn ? [[column.referencedColumn, columnValue(column, identifier)]] : [])); // prettier-ignore
    return { relation, key: new Map(key) };
  }
  return undefined;
}

/** A row that the write takes out of a list, or from the other side of a one-to-one relation. */
function partedRow({ entity, metadata, identifier, parentSubject, changeMaps, ...row }: SavedRow): Parted | undefined {
  if (entity || !identifier || !parentSubject) return undefined;
  const isDeleted = row.mustBeRemoved || row.canBeSoftRemoved;
  const change = changeMaps.find(({ value }) => value === null);
  if (!isDeleted && !change) return undefined;
  const relation = parentSubject.metadata.relations.find(
    (one) => !one.isOwning && one.inverseEntityMetadata === metadata && (!change || one.inverseRelation === change.relation),
  ); // prettier-ignore
  return relation && { relation, key: keyOf(metadata, identifier) };
}

/** The write of the nested row itself; undefined if the row is only linked. */
function nestedWrite(row: SavedRow, entity: ObjectLiteral, { field, relation }: Mention): NestedWrite | undefined {
  const { metadata } = row;
  const back = relation.inverseRelation;
  const given = back ? [back.propertyName, ...back.joinColumns.map(({ propertyName }) => propertyName)] : [];
  if (row.mustBeInserted) return { kind: 'create', metadata, fields: fieldsSet(metadata, entity), given, field };
  if (!row.mustBeUpdated) return undefined;
  const changed = row.changeMaps.flatMap((change) => {
    if (change.relation) return change.relation === back ? [] : [change.relation.propertyPath];
    return change.column?.isUpdate ? [change.column.propertyPath] : [];
  });
  if (changed.length === 0) return undefined;
  // An embedded object counts as one field.
  const names = new Set(changed.map((path) => path.split('.')[0]));
  const fields = Object.fromEntries([...names].map((name) => [name, entity[name] as unknown]));
  return { kind: 'update', metadata, fields, given, key: keyOf(metadata, entity), field };
}

/** The properties that were set, without the initial values of the entity's class. */
function fieldsSet(metadata: EntityMetadata, entity: ObjectLiteral): Record<string, unknown> {
  const blank = metadata.create() as ObjectLiteral;
  const isSet = ([name, value]: [string, unknown]): boolean =>
    value !== undefined && (typeof value === 'object' || value !== blank[name]);
  return Object.fromEntries(Object.entries(entity).filter(isSet));
}

function keyOf({ primaryColumns }: EntityMetadata, row: ObjectLiteral): NamedKey {
  return new Map(primaryColumns.map((column): [ColumnMetadata, unknown] => [column, columnValue(column, row)]));
}
