// One value of a row, in the form that all readers and subscribers get.

import { isAnyArrayBuffer, isUint8Array } from 'node:util/types';

/** Shows an object that has a view of its own, or throws. Returns `undefined` for other objects. */
export type ObjectView = (value: object) => { readonly shown: unknown } | undefined;

/** Deeper than any column: stops at a circular reference before the stack overflows. */
const MAX_LEVELS = 100;

/**
 * Converts a bigint to its digits, a number that JSON lacks to the word that PostgreSQL writes (`Infinity`, `-Infinity`, `NaN`),
 * bytes to base64, an object with a `toJSON()` to its result, and another object to its own fields. Dates stay dates.
 *
 * @param viewed called for instances of classes
 * @throws TypeError for a circular reference
 */
export function rowValue(value: unknown, viewed?: ObjectView, levels = MAX_LEVELS): unknown {
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : objectValue(value, viewed, levels - 1);
    case 'function':
    case 'symbol':
      return undefined;
    case 'undefined':
    case 'string':
    case 'boolean':
      return value;
  }
}

function objectValue(value: object, viewed: ObjectView | undefined, levels: number): unknown {
  if (levels < 0) throw new TypeError(`A row's value is nested more than ${MAX_LEVELS} deep, or in a circle.`);
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((item) => rowValue(item, viewed, levels));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    if (isUint8Array(value)) return base64(value);
    if (isAnyArrayBuffer(value)) return base64(new Uint8Array(value));
    const view = viewed?.(value);
    if (view) return view.shown;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return rowValue(toJSON.call(value), viewed, levels);
  if (value instanceof Set) return [...value].map((item) => rowValue(item, viewed, levels));
  return fieldValues(value instanceof Map ? value : Object.entries(value), viewed, levels);
}

function fieldValues(
  fields: Iterable<readonly [unknown, unknown]>,
  viewed: ObjectView | undefined,
  levels: number,
): object {
  const copy: Record<string, unknown> = {};
  for (const [key, item] of fields) {
    const shown = rowValue(item, viewed, levels);
    const name = String(key);
    // Assigning it would set the copy's prototype.
    if (name !== '__proto__') copy[name] = shown;
    else Object.defineProperty(copy, name, { value: shown, enumerable: true, writable: true, configurable: true });
  }
  return copy;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
