// Helps to write one SQL statement: unused names for parameters and aliases, escaped names of tables and columns.

import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';

export class SqlWriter {
  readonly parameters: Record<string, unknown> = {};
  private parameterCount = 0;
  private aliasCount = 0;

  /**
   * @param taken parameter names already in use
   * @param substitute returns SQL to select from in place of an entity's table or a link table
   */
  constructor(
    readonly dataSource: DataSource,
    private readonly taken: Readonly<Record<string, unknown>> = {},
    private readonly substitute?: (table: EntityMetadata) => string | undefined,
  ) {}

  /** Adds a parameter and returns its placeholder. An arrow function, so that it can be passed on. */
  readonly bind = (value: unknown): string => {
    let name = `jira_p${this.parameterCount++}`;
    while (Object.hasOwn(this.taken, name)) name = `jira_p${this.parameterCount++}`;
    this.parameters[name] = value;
    return `:${name}`;
  };

  alias(): string {
    return `jira_r${this.aliasCount++}`;
  }

  escape(name: string): string {
    return this.dataSource.driver.escape(name);
  }

  /** The escaped table name, with its schema or database. */
  table({ tablePath }: EntityMetadata): string {
    return tablePath
      .split('.')
      .filter((part) => part !== '')
      .map((part) => this.escape(part))
      .join('.');
  }

  /** What to select the table's rows from: its substitute, or the table. */
  source(table: EntityMetadata): string {
    return this.substitute?.(table) ?? this.table(table);
  }

  column(alias: string, column: ColumnMetadata): string {
    if (column.isVirtualProperty && column.query) return `(${column.query(this.escape(alias))})`;
    return `${this.escape(alias)}.${this.escape(column.databaseName)}`;
  }
}
