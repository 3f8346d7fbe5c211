// Turns the names that hooks and queries use for rows and orders (`pk`, `lookupField`, `-created`) into filters and
// orderings.

import type { EntityMetadata } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { ValidationException } from '../../core/errors/jira.exception.js';
import { parseFieldValue } from '../../policy/filtering/field-type.js';
import { allOf, pathOf, type Filter, type Ordering } from '../../policy/filtering/filter.js';
import type { EntityFieldTypes } from './field-types.js';

export class Lookup {
  constructor(
    /** The hook's name, for errors. */
    private readonly subject: string,
    private readonly metadata: EntityMetadata,
    private readonly types: EntityFieldTypes,
  ) {}

  /** @throws ConfigurationError unless `lookupField` names a column or is `pk` */
  checkField(field: string): void {
    if (field !== 'pk' && !this.types.typeOf(field.split(/__|\./))) throw this.noColumn(field);
  }

  /** @param key the name that errors use for the value */
  primaryKey(value: unknown, key: string): Filter {
    const columns = this.metadata.primaryColumns;
    const [column] = columns;
    if (columns.length === 1 && column) return this.exactly(column.propertyPath.split('.'), value, key);
    if (typeof value !== 'object' || value === null)
      throw new ValidationException({
        [key]: [`Must have all key columns: ${columns.map((c) => c.propertyPath).join(', ')}.`],
      });
    const parts = value as Record<string, unknown>;
    return allOf(
      ...columns.map(({ propertyPath: path }) => this.exactly(path.split('.'), parts[path], `${key}.${path}`)),
    );
  }

  exactly(path: readonly string[], value: unknown, key: string): Filter {
    const type = this.types.typeOf(path);
    if (!type) throw this.noColumn(path.join('.'));
    const parsed = parseFieldValue(type, value);
    if (!parsed.ok) throw new ValidationException({ [key]: [parsed.fault] });
    return { kind: 'term', path, lookup: 'exact', value: parsed.value };
  }

  private noColumn(field: string): ConfigurationError {
    const fault = `looks rows up by "${field}", which ${this.metadata.name} does not have.`;
    return new ConfigurationError(this.subject, fault, 'Name a column in "lookupField".');
  }

  /** @param field an item of the hook's `ordering`; a leading `-` means descending */
  ordering(field: string, unrestrictedFields: readonly string[] = []): Ordering {
    const isDescending = field.startsWith('-');
    const path = (isDescending ? field.slice(1) : field).split(/__|\./);
    if (!this.types.typeOf(path))
      throw new ConfigurationError(
        this.subject,
        `orders by "${field}", which ${this.metadata.name} does not have.`,
        'Name a column in "ordering".',
      );
    if (this.types.hasMany(path))
      throw new ConfigurationError(
        this.subject,
        `orders by "${field}", which crosses a to-many relation.`,
        'Order by a column of the row itself, or of a to-one relation.',
      );
    const isOpen = unrestrictedFields.some((name) => pathOf(name).join('__') === path.join('__'));
    return { path, direction: isDescending ? 'desc' : 'asc', ...(isOpen && { unrestricted: true }) };
  }
}
