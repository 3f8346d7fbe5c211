// A view compiled once per class: which exposed properties can be copied from the row, and which need class-transformer.

import type { Type } from '@nestjs/common';
import { exposedBy, isExcluded, isTransformed, typeSaid, type Exposed } from './internals.js';

/** A property that is shown without class-transformer. */
export interface ViewField {
  /** Property of the row. */
  readonly source: string;
  /** Name on the wire. */
  readonly name: string;
  /** Class that its value is shown through. */
  readonly type?: Type<object>;
}

export interface ViewPlan {
  readonly fields: readonly ViewField[];
  /** Whether there are no others. If false, class-transformer shows the rest: transforms, getters, initial values, exclusions. */
  readonly isWhole: boolean;
}

/** Names of the fields that a view sends, regardless of groups. */
export function exposedNames(output: Type<object>): string[] {
  return exposedOf(output).map(({ propertyName, options }) => options.name ?? propertyName);
}

/** Names of the properties that a view reads from its rows, regardless of groups. */
export function exposedProperties(output: Type<object>): string[] {
  return exposedOf(output).map(({ propertyName }) => propertyName);
}

/** How much of the view can be shown without class-transformer. */
export function planOf(output: Type<object>, groups: readonly string[]): ViewPlan {
  const exposed = exposedOf(output).filter(({ options }) => isInGroups(options.groups, groups));
  const fields = exposed.flatMap((one) => fieldOf(output, one) ?? []);
  return { fields, isWhole: exposed.length > 0 && fields.length === exposed.length };
}

/** The class that `@Type(() => View)` names; `undefined` if it depends on the value, or is a built-in class. */
export function typeOf(output: Type<object>, property: string): Type<object> | undefined {
  const { typeFunction, options } = typeSaid(output, property) ?? {};
  // A function that takes a parameter chooses by the value.
  if (!typeFunction || options?.discriminator || typeFunction.length > 0) return undefined;
  const type = typeFunction() as Type<object>;
  return typeof type === 'function' && !BUILT_IN.has(type) ? type : undefined;
}

const BUILT_IN = new Set<unknown>([Object, Array, String, Number, Boolean, Date, Map, Set, Promise, Buffer]);
/** Options of `@Expose()` that mean the same here as to class-transformer. */
const KNOWN_OPTIONS = new Set(['name', 'groups']);

function exposedOf(output: Type<object>): (Exposed & { readonly propertyName: string })[] {
  return exposedBy(output).flatMap(({ propertyName, options }) =>
    propertyName === undefined ? [] : [{ propertyName, options }],
  );
}

function isInGroups(own: readonly string[] = [], asked: readonly string[]): boolean {
  return own.length === 0 || own.some((group) => asked.includes(group));
}

function fieldOf(output: Type<object>, { propertyName, options }: ReturnType<typeof exposedOf>[number]) {
  if (Object.keys(options).some((option) => !KNOWN_OPTIONS.has(option)) || saysMore(output, propertyName))
    return undefined;
  const isTyped = typeSaid(output, propertyName) !== undefined;
  const type = typeOf(output, propertyName);
  if (isTyped && type === undefined) return undefined;
  return { source: propertyName, name: options.name ?? propertyName, ...(type && { type }) };
}

function saysMore(output: Type<object>, name: string): boolean {
  return (
    isExcluded(output, name) ||
    isTransformed(output, name) ||
    (new output() as Record<string, unknown>)[name] !== undefined ||
    accessorOf(output.prototype as object, name) !== undefined
  );
}

/** The property's getter or initial value, if it has one. */
export function accessorOf(prototype: object, name: string): PropertyDescriptor | undefined {
  for (let proto: object | null = prototype; proto; proto = Object.getPrototypeOf(proto) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(proto, name);
    if (descriptor?.get) return descriptor;
  }
  return undefined;
}
