// Indexes of MySQL and MariaDB. Those on text are in the order of the column's collation, which no order of the library
// uses.

import type { ColumnType } from './column-type.js';
import { createIndex, quoted, type IndexDialect, type IndexForm, type IndexUse } from './index-dialect.js';

/** Length of the prefix to index of a column without a length: in utf8mb4, what fits the smallest limit. */
const BEGINNING = 191;

export const MYSQL_INDEXES: IndexDialect = {
  database: 'MySQL or MariaDB',
  endsWithKey: true,
  prerequisite: () => undefined,
  formFor,
  ask,
  create: (name, table, parts) =>
    createIndex(name, table, parts, (part) =>
      /text|blob/.test(part.type.type) ? `${part.name}(${BEGINNING})` : part.name,
    ),
};

function formFor(use: IndexUse, { kind, type, column }: ColumnType): IndexForm | undefined {
  const isText = kind === 'text' || kind === 'enum' || (kind === 'uuid' && type !== 'uuid');
  switch (use) {
    case 'equal':
      return 'plain';
    case 'compare':
      return isText ? undefined : 'plain';
    case 'order':
      return isText || column.isNullable ? undefined : 'plain';
    case 'begin':
      return kind === 'text' ? 'plain' : undefined;
    case 'contain':
    case 'fold':
      return undefined;
  }
}

function ask(path: readonly string[]): string {
  const [table, schema] = path.toReversed();
  const inSchema = schema === undefined ? 'DATABASE()' : quoted(schema);
  return `SELECT INDEX_NAME AS \`index\`, COLUMN_NAME AS \`column\`, 'plain' AS \`forms\`, CASE COLLATION WHEN 'D' THEN 1 ELSE 0 END AS \`descending\`
FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ${inSchema} AND TABLE_NAME = ${quoted(table)} AND INDEX_TYPE = 'BTREE'
ORDER BY INDEX_NAME, SEQ_IN_INDEX`;
}
