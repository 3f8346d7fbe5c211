// What has to hold and does not, and how its message shows values.

import { isDeepStrictEqual } from 'node:util';
import type { Model } from './model.js';

/** What has to hold, and does not. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function pick(object: unknown, names: readonly string[]): object {
  const given = (object ?? {}) as Record<string, unknown>;
  return Object.fromEntries(names.flatMap((name) => (name in given ? [[name, given[name]]] : [])));
}

/** Bytes as JSON has them. */
export function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

export function told(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

/** What has a form of its own on the wire is the same in lists and events; which form that is, others test. */
export function looksAs(model: Model, view: unknown, shown: unknown): boolean {
  const { extra } = model.spec;
  if (!['bytes', 'interval', 'point'].includes(extra)) return isDeepStrictEqual(view, shown);
  const without = (one: unknown): unknown => ({ ...(one as object | undefined), extra: undefined });
  return isDeepStrictEqual(without(view), without(shown));
}
