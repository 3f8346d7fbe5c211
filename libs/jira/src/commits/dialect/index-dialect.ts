// Which indexes a database can use for a condition or an order, and which indexes a table has.

import type { ColumnType } from './column-type.js';

/** What an index is used for; `fold` is any case-insensitive test. */
export type IndexUse = 'equal' | 'compare' | 'order' | 'begin' | 'contain' | 'fold';

/** How an index holds a column: in its own order, by bytes, for patterns that begin with a text, by trigrams. */
export type IndexForm = 'plain' | 'bytes' | 'pattern' | 'trigrams';

/** A column of an index that a table has. */
export interface StoredPart {
  readonly name: string;
  readonly forms: readonly IndexForm[];
  /** Undefined if rows without a value are not where the library sorts them. */
  readonly isDescending: boolean | undefined;
}

export interface StoredIndex {
  readonly name: string;
  readonly parts: readonly StoredPart[];
}

/** A column of an index to create; `name` is escaped. */
export interface WrittenPart {
  readonly name: string;
  readonly type: ColumnType;
  readonly form: IndexForm;
  readonly isDescending: boolean;
}

export interface IndexDialect {
  /** The name of the database, for people. */
  readonly database: string;
  /** Whether each index also holds the primary key, at its end. */
  readonly endsWithKey: boolean;
  /** What must exist before an index of this form can be created. */
  prerequisite(form: IndexForm): string | undefined;
  /** The form of an index that serves the use; undefined if none does. */
  formFor(use: IndexUse, column: ColumnType): IndexForm | undefined;
  /**
   * A query for the columns of the table's indexes that hold every row, in their order: `index`, `column` (null for an
   * expression), `forms` separated by commas, `descending` 0, 1 or null.
   *
   * @param path the table, with its schema or database if it has its own
   */
  ask(path: readonly string[]): string;
  /** @param name escaped, as is `table` */
  create(name: string, table: string, parts: readonly WrittenPart[]): string;
}

/** A text literal in SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `CREATE INDEX … ON … (…)`, with each column as `write` writes it. */
export function createIndex(
  name: string,
  table: string,
  parts: readonly WrittenPart[],
  write: (part: WrittenPart) => string,
): string {
  const columns = parts.map((part) => `${write(part)}${part.isDescending ? ' DESC' : ''}`);
  return `CREATE INDEX ${name} ON ${table} (${columns.join(', ')})`;
}

interface IndexRow {
  readonly index: string;
  readonly column: string | null;
  readonly forms: string;
  readonly descending: number | string | null;
}

/** Reads the rows of `ask`. Columns after an expression are left out. */
export function storedIndexes(rows: readonly unknown[]): StoredIndex[] {
  const found = new Map<string, { readonly parts: StoredPart[]; isOver: boolean }>();
  for (const { index, column, forms, descending } of rows as readonly IndexRow[]) {
    const one = found.get(index) ?? { parts: [], isOver: false };
    found.set(index, one);
    if (column === null) one.isOver = true;
    if (column === null || one.isOver) continue;
    const isDescending = descending === null ? undefined : Number(descending) === 1;
    one.parts.push({ name: column, forms: forms.split(',') as IndexForm[], isDescending });
  }
  return [...found].map(([name, { parts }]) => ({ name, parts }));
}
