// The columns that a RETURNING adds. Their names belong to no entity, so TypeORM puts none of them into one.

import type { DataSource } from 'typeorm';
import { dialectOf } from '../dialect/dialects.js';

export const PREFIX = 'jira_';
/** Whether the row is in a table with triggers. */
export const TRIGGERED = 'jira_triggered';

/** `expression AS name, …`, and the names in their order. @param path of the table, escaped */
export function returningOf(
  dataSource: DataSource,
  path: string,
  expressions: readonly string[],
): { readonly sql: string; readonly names: readonly string[] } {
  const { driver } = dataSource;
  const names = expressions.map((_, index) => `${PREFIX}returned_${index}`);
  const parts = expressions.map((sql, index) => `${sql} AS ${driver.escape(names[index])}`);
  const triggered = dialectOf(dataSource).triggered(path);
  if (triggered !== undefined) parts.push(`${triggered} AS ${driver.escape(TRIGGERED)}`);
  return { sql: parts.join(', '), names };
}
