// Indexes of PostgreSQL: the collation decides which comparisons an index on text serves.

import type { ColumnType } from './column-type.js';
import { createIndex, quoted, type IndexDialect, type IndexForm, type IndexUse } from './index-dialect.js';

/** @param canNarrowText whether LIKE on the bare column finds the candidates */
export function postgresIndexes(canNarrowText: (column: ColumnType) => boolean): IndexDialect {
  return {
    database: 'PostgreSQL',
    endsWithKey: false,
    prerequisite: (form) => (form === 'trigrams' ? 'CREATE EXTENSION IF NOT EXISTS pg_trgm' : undefined),
    formFor: (use, column) => formFor(use, column, canNarrowText(column)),
    ask,
    create: (name, table, parts) => {
      if (parts[0].form === 'trigrams')
        return `CREATE INDEX ${name} ON ${table} USING gin (${parts[0].name} gin_trgm_ops)`;
      return createIndex(name, table, parts, (part) => `${part.name}${SUFFIXES[part.form]}`);
    },
  };
}

const SUFFIXES: Readonly<Record<IndexForm, string>> = {
  plain: '', bytes: ' COLLATE "C"', pattern: ' text_pattern_ops', trigrams: ' gin_trgm_ops',
}; // prettier-ignore

function formFor(use: IndexUse, { kind, column }: ColumnType, isNarrowed: boolean): IndexForm | undefined {
  switch (use) {
    case 'equal':
      return kind === 'text' && column.collation !== undefined ? 'bytes' : 'plain';
    case 'compare':
    case 'order':
      // An enum is compared as text, through a cast that an index cannot hold.
      return kind === 'text' ? 'bytes' : kind === 'enum' ? undefined : 'plain';
    case 'begin':
      return isNarrowed ? 'pattern' : undefined;
    case 'contain':
    case 'fold':
      return isNarrowed ? 'trigrams' : undefined;
  }
}

/** Bit 1 of an option is DESC, bit 2 NULLS FIRST: 0 and 3 are the defaults. */
function ask(path: readonly string[]): string {
  const table = path.map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
  return `SELECT c.relname AS "index", a.attname AS "column",
  CASE WHEN o.opcname IN ('gin_trgm_ops', 'gist_trgm_ops') THEN 'trigrams'
    WHEN m.amname NOT IN ('btree', 'hash') THEN m.amname::text
    WHEN o.opcname LIKE '%\\_pattern\\_ops' THEN 'plain,pattern'
    WHEN l.collname IN ('C', 'POSIX') THEN 'bytes'
    WHEN l.collname = 'default' AND (SELECT datcollate IN ('C', 'POSIX') AND COALESCE(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c'
      FROM pg_database d WHERE datname = current_database()) THEN 'plain,bytes,pattern'
    ELSE 'plain' END AS "forms",
  CASE WHEN m.amname = 'btree' THEN CASE i.indoption[k] WHEN 0 THEN 0 WHEN 3 THEN 1 END END AS "descending"
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) k
JOIN pg_opclass o ON o.oid = i.indclass[k]
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k] AND a.attnum > 0
LEFT JOIN pg_collation l ON l.oid = i.indcollation[k]
WHERE i.indrelid = to_regclass(${quoted(table)}) AND i.indisvalid AND i.indpred IS NULL ORDER BY c.relname, k`;
}
