// The building blocks of mixins.

import type { SentOf, StandardSchema } from '../../core/support/standard-schema.js';

/** A class that constructs T from any arguments. TypeScript requires exactly this shape for mixins. */
// oxlint-disable-next-line typescript/no-explicit-any -- TS2545: a mixin class must have a single rest parameter of type any[]
export type Constructor<T = object> = abstract new (...args: any[]) => T;

type InstanceOf<C> = C extends abstract new (...args: never[]) => infer T ? T : never;

/** The type of an input, from the hook's attribute `K`. */
export type InputOf<H, K extends string> = H extends { [P in K]: infer C }
  ? C extends StandardSchema
    ? SentOf<C>
    : InstanceOf<C>
  : Record<string, unknown>;

/** The type of a row as clients get it, from the hook's `output`. */
export type OutputOf<H> = H extends { output: infer C } ? InstanceOf<C> : Record<string, unknown>;

/** The fields that a validated input sets. Class fields that the client left out are `undefined`, and set nothing. */
export function fieldsOf(input: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}
