// From a row to what a client sees of it: the properties that its output class exposes, and no others.

import { Exclude, instanceToPlain, plainToInstance } from 'class-transformer';
import type { Type } from '@nestjs/common';
import { accessorOf, exposedNames, exposedProperties, planOf, type ViewField } from './compiled-view.js';
import { rowValue, type ObjectView } from './row-value.js';

export interface OutputView {
  /** Shows one row as a plain object, ready for JSON. */
  serialize(row: object): Record<string, unknown>;
}

export interface ViewOptions {
  readonly groups?: readonly string[];
  /** Whether to skip class-transformer where it is not needed. The result is the same. @default true */
  readonly isCopied?: boolean;
  /** Whether the object is a row of a store. Rows are shown through a view that `@Type()` names, or not at all. */
  readonly isRow?: (value: object) => boolean;
}

const STRICT = { excludeExtraneousValues: true, exposeUnsetFields: true } as const;

/**
 * A class-transformer view: `@Expose()` says what is sent, `@Type()` and `@Transform()` how. Other values are sent as `rowValue`
 * converts them.
 */
export function outputViewOf(output: Type<object>, options: ViewOptions = {}): OutputView {
  return new Views(options).of(output);
}

/** The views of nested classes. Each is created when it is first needed, because they may refer to each other. */
class Views {
  private readonly known = new Map<Type<object>, OutputView>();
  private readonly groups: string[];

  constructor(private readonly options: ViewOptions) {
    this.groups = [...(options.groups ?? [])];
  }

  of(output: Type<object>): OutputView {
    let view = this.known.get(output);
    if (!view) this.known.set(output, (view = this.make(output)));
    return view;
  }

  private make(output: Type<object>): OutputView {
    const { fields, isWhole } = planOf(output, this.groups);
    const viewed = this.viewedIn(output);
    const copy = (row: object, result: Record<string, unknown>): Record<string, unknown> => {
      for (const field of fields) {
        const value = (row as Record<string, unknown>)[field.source];
        // This runs for each value of each row, and most values need no further look.
        result[field.name] = typeof value === 'string' || value === null ? value : this.show(value, field, viewed);
      }
      return result;
    };
    if (isWhole && this.options.isCopied !== false) return { serialize: (row) => copy(row, {}) };
    const { groups } = this;
    const Rest = without(output, fields);
    const serialize = (row: object): Record<string, unknown> => {
      const instance = plainToInstance(Rest, row, { ...STRICT, groups }) as Record<string, unknown>;
      // For getters and transforms.
      for (const { source } of fields) instance[source] = (row as Record<string, unknown>)[source];
      const plain = instanceToPlain(instance, { groups });
      return copy(row, rowValue(plain, viewed) as Record<string, unknown>);
    };
    return { serialize };
  }

  private show(value: unknown, { type }: ViewField, viewed: ObjectView): unknown {
    if (!type || typeof value !== 'object' || value === null) return rowValue(value, viewed);
    const view = this.of(type);
    if (Array.isArray(value) || value instanceof Set)
      return Array.from(value as Iterable<unknown>, (item) =>
        typeof item === 'object' && item !== null ? view.serialize(item) : rowValue(item, viewed),
      );
    return view.serialize(value);
  }

  /** Shows an instance through the view of its own class, if it has one. */
  private viewedIn(output: Type<object>): ObjectView {
    return (value) => {
      const type = value.constructor as Type<object>;
      if (typeof type === 'function' && exposedNames(type).length > 0) return { shown: this.of(type).serialize(value) };
      if (!this.options.isRow?.(value)) return undefined;
      throw new TypeError(
        `${output.name} exposes a row of ${type.name} without saying which of its fields to show. Add @Type(() => View), or remove the field.`,
      );
    };
  }
}

/** The view without the fields that skip class-transformer: it would create instances of their values. */
function without(output: Type<object>, fields: readonly ViewField[]): Type<object> {
  const Rest = class extends output {};
  for (const { source } of fields) Exclude()(Rest.prototype, source);
  // class-transformer looks for a getter on the prototype itself, and would set an inherited one.
  for (const name of exposedProperties(output)) {
    const accessor = accessorOf(output.prototype as object, name);
    if (accessor) Object.defineProperty(Rest.prototype, name, accessor);
  }
  return Rest;
}
