// Which indexes a database can enter for a condition or an order, and which a table has.

import type { ColumnType } from './column-type.js';

/** What is asked of an index; `fold` is any test without case. */
export type IndexUse = 'equal' | 'compare' | 'order' | 'begin' | 'contain' | 'fold';

/** How an index holds a column: in its own order, by bytes, for patterns that begin with a text, by trigrams. */
export type IndexForm = 'plain' | 'bytes' | 'pattern' | 'trigrams';

/** A column of an index that a table has. */
export interface StoredPart {
  readonly name: string;
  readonly forms: readonly IndexForm[];
  /** Undefined where rows without a value stand elsewhere than the library sorts them. */
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
  /** As people call the database. */
  readonly database: string;
  /** Whether each index also holds the primary key, at its end. */
  readonly endsWithKey: boolean;
  /** What must be there before an index of this form. */
  prerequisite(form: IndexForm): string | undefined;
  /** Undefined where no index serves the use. */
  formFor(use: IndexUse, column: ColumnType): IndexForm | undefined;
  /**
   * Its rows are the columns of the indexes that hold every row, in their order: `index`, `column` (null for an
   * expression), `forms` separated by commas, `descending` 0, 1 or null.
   *
   * @param path the table, with its schema or database if it has one of its own
   */
  ask(path: readonly string[]): string;
  /** @param name and table, escaped */
  create(name: string, table: string, parts: readonly WrittenPart[]): string;
}

/** A text of SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `CREATE INDEX … ON … (…)`, each column as `write` has it. */
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

/** The answer to `ask`. What comes after an expression is left out. */
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
