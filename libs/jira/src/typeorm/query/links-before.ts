// The rows of a many-to-many table as they were before a commit changed them.

import type { EntityMetadata } from 'typeorm';
import type { Link } from '../../core/changes/change.js';
import type { SqlWriter } from '../rows/sql-writer.js';
import { valueSql } from './value-sql.js';

/** SQL to select from in place of the table; undefined if none of the links belong to it. */
export function linksBefore(table: EntityMetadata, links: readonly Link[], writer: SqlWriter): string | undefined {
  const rows = links.filter((link) => link.table === table.name);
  if (rows.length === 0) return undefined;
  const { columns } = table;
  const names = columns.map((column) => writer.escape(column.databaseName));
  const values = ({ row }: Link): string[] => columns.map((column) => valueSql(column, row, writer));
  const isOf = (link: Link): string => `(${values(link).map((value, i) => `${names[i]} = ${value}`).join(' AND ')})`; // prettier-ignore
  const added = rows.filter(({ isNew }) => isNew).map(isOf);
  const where = added.length > 0 ? ` WHERE NOT (${added.join(' OR ')})` : '';
  const removed = rows.filter(({ isNew }) => !isNew).map((link) => `SELECT ${values(link).join(', ')}`);
  return `(${[`SELECT ${names.join(', ')} FROM ${writer.table(table)}${where}`, ...removed].join(' UNION ALL ')})`;
}
