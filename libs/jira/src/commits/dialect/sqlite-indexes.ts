// Indexes of SQLite: only ordinary ones. Text tests are functions, which these do not serve.

import type { ColumnType } from './column-type.js';
import { createIndex, quoted, type IndexDialect, type IndexForm, type IndexUse } from './index-dialect.js';

export const SQLITE_INDEXES: IndexDialect = {
  database: 'SQLite',
  endsWithKey: true,
  prerequisite: () => undefined,
  formFor,
  ask,
  create: (name, table, parts) =>
    createIndex(name, table, parts, (part) => `${part.name}${part.form === 'bytes' ? ' COLLATE BINARY' : ''}`),
};

function formFor(use: IndexUse, { column }: ColumnType): IndexForm | undefined {
  if (use === 'begin' || use === 'contain' || use === 'fold') return undefined;
  if (use === 'order' && column.isNullable) return undefined;
  return column.collation === undefined ? 'plain' : 'bytes';
}

/** A table that is stored by its primary key has no separate index for it. */
function ask(path: readonly string[]): string {
  const table = quoted(path.at(-1) ?? '');
  return `SELECT l.name AS "index", x.name AS "column", CASE x.coll WHEN 'BINARY' THEN 'plain,bytes' ELSE 'plain' END AS "forms",
  x."desc" AS "descending", x.seqno AS "position" FROM pragma_index_list(${table}) l, pragma_index_xinfo(l.name) x WHERE x.key AND NOT l.partial
UNION ALL SELECT 'the primary key', name, 'plain,bytes', 0, pk FROM pragma_table_info(${table}) WHERE pk > 0 ORDER BY 1, 5`;
}
