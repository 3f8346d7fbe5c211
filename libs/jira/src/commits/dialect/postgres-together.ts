// Combines several executions of a statement, which differ only in their values, into one statement of PostgreSQL.

import type { StatementsTogether } from './dialect.js';

/** Literals and names, which may contain what looks like a parameter, or a parameter itself. */
const PARAMETERS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)/g;

/** Codes for syntax errors, for undefined names or wrong types, and for what the server does not support. */
const UNSUITABLE = /^(?:42|0A)/;

export const POSTGRES_TOGETHER: StatementsTogether = {
  // The internal names of the types: in SQL, "character" and "bit" mean a length of one, and would cut values short.
  typesOf: (name) =>
    `SELECT format('%I.%I', n.nspname, t.typname) FROM pg_catalog.pg_prepared_statements p CROSS JOIN unnest(p.parameter_types) WITH ORDINALITY AS u(type, i) JOIN pg_catalog.pg_type t ON t.oid = u.type JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE p.name = '${name}' ORDER BY u.i`,

  /** Each execution runs as it would alone, with its values from a common table: its plan does not depend on the others. */
  write(text, types) {
    const inner = text.replace(PARAMETERS, (all, number?: string) => (number ? `"jira_asked"."p${number}"` : all));
    const columns = types.map((_, i) => `"p${i + 1}"`).join(', ');
    const values = types.map((type, i) => `$${i + 1}::${type}[]`).join(', ');
    return `SELECT "jira_row".*, "jira_asked"."n" FROM unnest(${values}) WITH ORDINALITY AS "jira_asked"(${columns}, "n") CROSS JOIN LATERAL (${inner}) AS "jira_row"`;
  },

  isUnsuitable: (error) => UNSUITABLE.test(String((error as { readonly code?: unknown }).code)),
};
