// Where SQL is written into: parameters and aliases that nobody else uses, and names as the database has them.

import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';

export class SqlWriter {
  readonly parameters: Record<string, unknown> = {};
  private parameterCount = 0;
  private aliasCount = 0;

  /**
   * @param taken parameter names in use already
   * @param substitute SQL to select an entity's or a link table's rows from, in place of the table
   */
  constructor(
    readonly dataSource: DataSource,
    private readonly taken: Readonly<Record<string, unknown>> = {},
    private readonly substitute?: (table: EntityMetadata) => string | undefined,
  ) {}

  /** Gives the value a parameter; returns its placeholder. Arrow, so that it can be handed on. */
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

  /** The table with its schema or database; what a FROM names unless something stands in for the table. */
  table({ tablePath }: EntityMetadata): string {
    return tablePath
      .split('.')
      .filter((part) => part !== '')
      .map((part) => this.escape(part))
      .join('.');
  }

  /** What to select the table's rows from. */
  source(table: EntityMetadata): string {
    return this.substitute?.(table) ?? this.table(table);
  }

  column(alias: string, column: ColumnMetadata): string {
    if (column.isVirtualProperty && column.query) return `(${column.query(this.escape(alias))})`;
    return `${this.escape(alias)}.${this.escape(column.databaseName)}`;
  }
}
