// Judges rows that may no longer exist: the database evaluates the condition on their images in place of the table.

import type { EntityManager, EntityMetadata, RelationMetadata } from 'typeorm';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { escapeParameters, type ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Image, Link } from '../../core/changes/change.js';
import { inBatches } from '../../core/support/in-batches.js';
import { ownConditions, type Condition } from './condition.js';
import { ownForeignKeys, relatedRows, relationKeys } from '../rows/related-rows.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { toParameter, typeOf, type Stored } from './column-value.js';
import type { Shaped } from './condition-shape.js';
import { constantName, CONSTANTS, IMAGES, writeSql } from './condition-sql.js';
import { linksBefore } from './links-before.js';
import { RowPredicate } from './row-predicate.js';
import { valueSql } from './value-sql.js';

// SQLite takes at most 500 terms in a compound select.
const CHUNK = 200;
const NUMBER = 'jira_n';
/** Soft-deleted rows, and rows of another kind in the same table, exist too. */
const WHATEVER = { withDeleted: true, withSiblings: true };

/**
 * Whether each image satisfies the predicate, with the related rows as they are now. Images that memory can judge cost
 * no query; the others cost one query per chunk.
 *
 * @param past.before images from before a commit. The verdict is `undefined` if such an image refers to a row that is
 * gone now and that may have decided it
 * @param past.links many-to-many rows that were added or removed since; the query reads the link tables as before
 */
export async function judgeImages(
  manager: EntityManager,
  predicate: RowPredicate,
  images: readonly Image[],
  { before, links = [] }: { readonly before?: ReadonlySet<Image>; readonly links?: readonly Link[] } = {},
): Promise<(boolean | undefined)[]> {
  const answers = images.map((image) => predicate.matches(image));
  const open = answers.flatMap((answer, index) => (answer === undefined ? [index] : []));
  const crossesNegated = negatesRelation(predicate.condition);
  for (const chunk of inBatches(open, CHUNK)) {
    const satisfied = await askDatabase(manager, predicate, chunk.map((index) => images[index]), { links }); // prettier-ignore
    for (const [position, index] of chunk.entries()) answers[index] = satisfied.has(position);
    const unclear = chunk.filter((index) => (crossesNegated || answers[index] === false) && before?.has(images[index]));
    if (unclear.length === 0 || !refersToRows(predicate.condition)) continue;
    const lost = await askDatabase(manager, predicate, unclear.map((index) => images[index]), { links, conditionSql: lostSql }); // prettier-ignore
    for (const [position, index] of unclear.entries()) if (lost.has(position)) answers[index] = undefined;
  }
  return answers;
}

/**
 * Like `judgeImages`, for several predicates that differ only in their constants: one query per chunk judges them all.
 *
 * @param predicate their entity and the condition that they share
 * @param constants the constants of each predicate
 * @returns for each predicate, its verdicts on all images
 */
export async function judgeTogether(
  { dataSource }: EntityManager,
  { metadata, shape }: { readonly metadata: EntityMetadata; readonly shape: Shaped },
  constants: readonly (readonly Stored[])[],
  images: readonly Image[],
  { before, links = [] }: { readonly before?: ReadonlySet<Image>; readonly links?: readonly Link[] } = {},
): Promise<(boolean | undefined)[][]> {
  const predicate = new RowPredicate(metadata, shape.condition);
  const crossesNegated = negatesRelation(shape.condition);
  const answers = constants.map((): (boolean | undefined)[] => images.map(() => false));
  const positions = [...constants.keys()];
  for (const group of inBatches(positions, dialectOf(dataSource).constantRows))
    for (const chunk of inBatches([...images.keys()], CHUNK)) {
      const { manager } = dataSource;
      const asked = chunk.map((index) => images[index]);
      const rows = group.map((position) => constants[position]);
      for (const [image, row] of await askOfEach(manager, predicate, shape, rows, asked, links)) answers[group[row]][chunk[image]] = true; // prettier-ignore
      const past = chunk.filter((index) => before?.has(images[index]));
      if (past.length === 0 || !refersToRows(shape.condition)) continue;
      const lost = await askDatabase(manager, predicate, past.map((index) => images[index]), { links, conditionSql: lostSql }); // prettier-ignore
      for (const [position, index] of past.entries())
        if (lost.has(position))
          for (const one of group) if (crossesNegated || answers[one][index] === false) answers[one][index] = undefined;
    }
  return answers;
}

/** Pairs of positions: an image, and the constants with which it satisfies the condition. */
async function askOfEach(
  manager: EntityManager,
  predicate: RowPredicate,
  { columns, condition }: Shaped,
  constants: readonly (readonly Stored[])[],
  images: readonly Image[],
  links: readonly Link[],
): Promise<[number, number][]> {
  const { dataSource } = manager;
  const writer: SqlWriter = new SqlWriter(dataSource, {}, (table) => linksBefore(table, links, writer));
  const rows = derivedRows(predicate, images, writer);
  const [alias, name, table, row] = [IMAGES, NUMBER, CONSTANTS, 'jira_row'].map((one) => writer.escape(one));
  const lists = columns.map((column, slot) => ({
    ...typeOf(column),
    name: writer.escape(constantName(slot)),
    table: writer.table(column.entityMetadata),
    values: constants.map((one) => toParameter(column, one[slot])),
  }));
  const given = dialectOf(dataSource).constants(row, lists, writer.bind);
  const sql = `SELECT ${alias}.${name} AS ${name}, ${table}.${row} AS ${row} FROM (${rows}) ${alias} CROSS JOIN (${given}) ${table} WHERE ${writeSql(condition, IMAGES, writer)}`;
  const [text, parameters] = escapeParameters(dataSource, sql, writer.parameters);
  const found: Record<string, unknown>[] = await manager.query(text, parameters);
  return found.map((one) => [Number(one[NUMBER]), Number(one['jira_row'])]);
}

/**
 * Asks the database about every image, even those that memory could judge.
 *
 * @returns the positions of the images that satisfy the predicate
 */
export async function askDatabase(
  manager: EntityManager,
  predicate: RowPredicate,
  images: readonly Image[],
  { links = [], conditionSql = writeSql }: { links?: readonly Link[]; conditionSql?: typeof writeSql } = {},
): Promise<Set<number>> {
  const writer: SqlWriter = new SqlWriter(manager.dataSource, {}, (table) => linksBefore(table, links, writer));
  const rows = derivedRows(predicate, images, writer);
  const condition = conditionSql(predicate.condition, IMAGES, writer);
  const alias = writer.escape(IMAGES);
  const number = `${alias}.${writer.escape(NUMBER)}`;
  const sql = `SELECT ${number} AS ${writer.escape(NUMBER)} FROM (${rows}) ${alias} WHERE ${condition}`;
  const [text, parameters] = escapeParameters(manager.dataSource, sql, writer.parameters);
  const found: Record<string, unknown>[] = await manager.query(text, parameters);
  return new Set(found.map((row) => Number(row[NUMBER])));
}

/** Whether the condition follows a foreign key of the row, at any depth. */
function refersToRows(condition: Condition): boolean {
  return [...ownConditions(condition)].some(
    (part) => part.kind === 'related' && (isReference(part.relation) || refersToRows(part.condition)),
  );
}

/** Whether the absence of a related row may be what satisfies the condition. */
function negatesRelation(condition: Condition, isNegated = false): boolean {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.parts.some((part) => negatesRelation(part, isNegated));
    case 'negate':
    case 'complement':
      return negatesRelation(condition.part, true);
    case 'related':
      return isNegated || negatesRelation(condition.condition);
    default:
      return false;
  }
}

function isReference(relation: RelationMetadata): boolean {
  return ownForeignKeys(relation).length > 0;
}

/** The condition "a foreign key that the condition follows names a missing row". Soft-deleted rows are not missing. */
function lostSql(condition: Condition, alias: string, writer: SqlWriter): string {
  const parts = [...ownConditions(condition)].flatMap((part) => {
    if (part.kind !== 'related') return [];
    const { relation } = part;
    if (!isReference(relation))
      return refersToRows(part.condition)
        ? [
            `EXISTS (SELECT 1 ${relatedRows(relation, alias, writer, (inner) => lostSql(part.condition, inner, writer))})`,
          ]
        : [];
    const keys = relation.joinColumns.map((column) => `${writer.column(alias, column)} IS NOT NULL`);
    const missing = `(${keys.join(' AND ')} AND NOT EXISTS (SELECT 1 ${relatedRows(relation, alias, writer, undefined, WHATEVER)}))`;
    if (!refersToRows(part.condition)) return [missing];
    const deeper = relatedRows(relation, alias, writer, (inner) => lostSql(part.condition, inner, writer), WHATEVER);
    return [missing, `EXISTS (SELECT 1 ${deeper})`];
  });
  return parts.length === 0 ? '1 = 0' : `(${parts.join(' OR ')})`;
}

/**
 * A union of an empty select from the table and one row per image. The first part gives each column the table's type
 * and collation, so that comparisons and joins mean the same as on the table.
 */
function derivedRows(predicate: RowPredicate, images: readonly Image[], writer: SqlWriter): string {
  const { metadata, condition } = predicate;
  const columns = neededColumns(condition, metadata.columns);
  const names = columns.map((column) => writer.escape(column.databaseName));
  const head = `SELECT ${['0 AS ' + writer.escape(NUMBER), ...names].join(', ')} FROM ${writer.table(metadata)} WHERE 1 = 0`;
  const rows = images.map((image, index) => {
    const values = columns.map((column) => valueSql(column, image, writer));
    return `SELECT ${[String(index), ...values].join(', ')}`;
  });
  return [head, ...rows].join(' UNION ALL ');
}

function neededColumns(condition: Condition, all: readonly ColumnMetadata[]): readonly ColumnMetadata[] {
  const own = [...ownConditions(condition)];
  const real = all.filter((column) => !column.isVirtualProperty);
  // Native SQL and virtual columns may name any column.
  if (own.some((part) => part.kind === 'native' || ('column' in part && part.column.isVirtualProperty))) return real;
  const needed = new Set(own.flatMap((part) => ('column' in part ? [part.column.databaseName] : [])));
  for (const part of own)
    if (part.kind === 'related' || part.kind === 'count')
      for (const column of relationKeys(part.relation).own) needed.add(column.databaseName);
  const kept = real.filter((column) => needed.has(column.databaseName));
  // Two properties may share a column (a relation and its key); one copy is enough.
  return [...new Map(kept.map((column) => [column.databaseName, column])).values()];
}
