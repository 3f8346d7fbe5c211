// What the mixins are made of.

/** A class that makes T, whatever its constructor takes. TypeScript asks for exactly this shape to mix classes. */
// oxlint-disable-next-line typescript/no-explicit-any -- TS2545: a mixin class must have a single rest parameter of type any[]
export type Constructor<T = object> = abstract new (...args: any[]) => T;

type InstanceOf<C> = C extends abstract new (...args: never[]) => infer T ? T : never;

/** What an action takes, from the hook's attribute of that name. */
export type InputOf<H, K extends string> = H extends { [P in K]: infer C } ? InstanceOf<C> : Record<string, unknown>;

/** What a hook shows of a row. */
export type OutputOf<H> = H extends { output: infer C } ? InstanceOf<C> : Record<string, unknown>;

/** The fields a validated input sets. Class fields that the client left out exist as `undefined`, and set nothing. */
export function fieldsOf(input: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}
