// Compares the indexes that queries need with those that the tables have.

import { createHash } from 'node:crypto';
import type { EntityMetadata } from 'typeorm';
import { dialectOf } from '../../commits/dialect/dialects.js';
import {
  storedIndexes,
  type IndexForm,
  type StoredIndex,
  type StoredPart,
} from '../../commits/dialect/index-dialect.js';
import { typeOf } from '../query/column-value.js';
import { SqlWriter } from '../rows/sql-writer.js';
import type { IndexNeed, IndexPart } from './index-needs.js';

/** PostgreSQL cuts longer names. */
const MAX_NAME_LENGTH = 60;

export interface FoundIndex {
  readonly name: string;
  readonly table: string;
  readonly uses: readonly string[];
}

export interface MissingIndex extends FoundIndex {
  readonly prerequisite: string | undefined;
  readonly sql: string;
  /** A decorator that declares the index on the entity; undefined if TypeORM cannot declare it. */
  readonly decorator: string | undefined;
}

/** Reads the tables' indexes. Each missing index is listed once, however many uses need it. */
export async function compareIndexes(
  needs: readonly IndexNeed[],
): Promise<{ found: FoundIndex[]; missing: MissingIndex[] }> {
  const found = new Map<string, { name: string; table: string; uses: Set<string> }>();
  const lacking: IndexNeed[] = [];
  const stored = new Map<string, Promise<StoredIndex[]>>();
  for (const need of needs) {
    const { tablePath } = need.table;
    if (!stored.has(tablePath)) stored.set(tablePath, readIndexes(need.table));
    const known = (await stored.get(tablePath))?.find(({ parts }) => covers(parts, need));
    if (!known) lacking.push(need);
    else {
      const key = `${tablePath} ${known.name}`;
      const one = found.get(key) ?? { name: known.name, table: need.table.tableName, uses: new Set<string>() };
      found.set(key, one);
      one.uses.add(need.use);
    }
  }
  return { found: [...found.values()].map((one) => ({ ...one, uses: [...one.uses] })), missing: missingOf(lacking) };
}

async function readIndexes(table: EntityMetadata): Promise<StoredIndex[]> {
  const { indexes } = dialectOf(table.dataSource);
  const path = table.tablePath.split('.').filter((part) => part !== '');
  const stored = storedIndexes(await table.dataSource.query(indexes.ask(path)));
  return indexes.endsWithKey ? stored.map((one) => ({ ...one, parts: withKey(one.parts, table) })) : stored;
}

function withKey(parts: readonly StoredPart[], { primaryColumns }: EntityMetadata): StoredPart[] {
  const absent = primaryColumns.filter(({ databaseName }) => !parts.some(({ name }) => name === databaseName));
  return [...parts, ...absent.map((column): StoredPart => ({ name: column.databaseName, forms: ['plain', 'bytes'], isDescending: false }))]; // prettier-ignore
}

/** Whether an index with these columns serves in place of the needed one. */
function covers(parts: readonly StoredPart[], { equal, sorted }: IndexNeed): boolean {
  const holds = (part: StoredPart | undefined, { column, form }: IndexPart): boolean =>
    part !== undefined && part.name === column.databaseName && part.forms.includes(form);
  // A trigram index can be searched by any of its columns.
  const lead = equal[0]?.form === 'trigrams' ? parts : parts.slice(0, equal.length);
  if (!equal.every((one) => lead.some((part) => holds(part, one)))) return false;
  const rest = parts.slice(equal.length);
  const isSame = sorted.map((one, i) => holds(rest[i], one) && rest[i].isDescending !== undefined && rest[i].isDescending === one.isDescending); // prettier-ignore
  const isReversed = sorted.map((one, i) => holds(rest[i], one) && rest[i].isDescending === !one.isDescending);
  return isSame.every(Boolean) || isReversed.every(Boolean);
}

/** Indexes that serve more come first: longer ones, and among equals those for patterns. */
function missingOf(lacking: readonly IndexNeed[]): MissingIndex[] {
  const kept: { readonly need: IndexNeed; readonly uses: Set<string> }[] = [];
  const length = ({ equal, sorted }: IndexNeed): number => equal.length + sorted.length;
  const reach = (need: IndexNeed): number => 2 * length(need) + (need.equal[0]?.form === 'pattern' ? 1 : 0);
  for (const need of lacking.toSorted((a, b) => reach(b) - reach(a))) {
    const known = kept.find(
      (one) => one.need.table.tablePath === need.table.tablePath && covers(shapeOf(one.need), need),
    );
    if (known) known.uses.add(need.use);
    else kept.push({ need, uses: new Set([need.use]) });
  }
  return kept.map(({ need, uses }) => written(need, [...uses]));
}

function shapeOf(need: IndexNeed): StoredPart[] {
  return partsOf(need).map(({ column, form, isDescending }) => ({
    name: column.databaseName,
    forms: formsOf(form),
    isDescending,
  }));
}

/** As the database's own list has it: an index for patterns also finds equal texts. */
function formsOf(form: IndexForm): readonly IndexForm[] {
  return form === 'pattern' ? ['plain', 'pattern'] : [form];
}

function partsOf({ equal, sorted }: IndexNeed): IndexPart[] {
  return [...equal, ...sorted];
}

function written(need: IndexNeed, uses: readonly string[]): MissingIndex {
  const { table } = need;
  const { indexes } = dialectOf(table.dataSource);
  const writer = new SqlWriter(table.dataSource);
  const parts = partsOf(need);
  const name = nameOf(table, parts);
  const sql = indexes.create(
    writer.escape(name),
    writer.table(table),
    parts.map(({ column, ...part }) => ({ ...part, name: writer.escape(column.databaseName), type: typeOf(column) })),
  );
  const [{ form }] = parts;
  return { name, table: table.tableName, uses, prerequisite: indexes.prerequisite(form), sql, decorator: decoratorOf(table, parts) }; // prettier-ignore
}

function decoratorOf(table: EntityMetadata, parts: readonly IndexPart[]): string | undefined {
  if (table.isJunction || parts.some(({ form, isDescending }) => form !== 'plain' || isDescending)) return undefined;
  const names = parts.map(({ column }) => `'${column.relationMetadata?.propertyPath ?? column.propertyPath}'`);
  return `@Index([${[...new Set(names)].join(', ')}]) on ${table.name}`;
}

function nameOf({ tableName }: EntityMetadata, parts: readonly IndexPart[]): string {
  const columns = parts.map(({ column, form }) => `${column.databaseName}${form === 'plain' ? '' : `_${form}`}`);
  const name = [tableName, ...columns].join('_');
  if (name.length <= MAX_NAME_LENGTH) return name;
  return `${name.slice(0, MAX_NAME_LENGTH - 9)}_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}
