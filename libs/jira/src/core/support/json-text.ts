// Encodes what is sent as JSON. For a page of rows with two dates each, `JSON.stringify` spends three quarters of its time
// in `toJSON`. So dates are converted first, in the same pass that checks whether JSON can hold the value.

import { randomUUID } from 'node:crypto';

/** Deeper values, including circular references, are left to the caller. */
const MAX_LEVELS = 12;

/**
 * The same text as `JSON.stringify(value)`; `undefined` for values that may hold more than JSON: binary data, instances,
 * objects with a `toJSON()`. Throws a TypeError for a bigint, as `JSON.stringify` does.
 */
export function jsonText(value: unknown): string | undefined {
  const plain = plainOf(value, MAX_LEVELS);
  const texts = inserted.length > 0 ? inserted.splice(0) : undefined;
  if (plain === NOT_PLAIN) return undefined;
  const json = JSON.stringify(plain);
  return texts === undefined
    ? json
    : texts.reduce((whole, text, n) => whole.replace(`"${MARK}${n}"`, () => text), json);
}

/** Values that occur in many answers, with their text once it is known. */
const shared = new WeakMap<object, { text?: string }>();
/** Texts that replace the marks in the value that is being encoded. */
const inserted: string[] = [];
/** Stands in for a shared value. It is random, so no client can send it. */
const MARK = randomUUID();
/** Shared values are looked for down to an answer's data: looking deeper would slow down every answer. */
const SHARED_LEVEL = MAX_LEVELS - 3;

/** Marks a value to be encoded once for all frames whose data contains it. It must not change afterwards. */
export function encodeOnce<T extends object>(value: T): T {
  shared.set(value, {});
  return value;
}

function markOf(value: object): unknown {
  const known = shared.get(value);
  if (!known) return undefined;
  if (known.text === undefined) {
    const plain = Array.isArray(value) ? plainItems(value, SHARED_LEVEL) : plainFields(value as Record<string, unknown>, SHARED_LEVEL); // prettier-ignore
    if (plain === NOT_PLAIN) return plain;
    known.text = JSON.stringify(plain);
  }
  return `${MARK}${inserted.push(known.text) - 1}`;
}

const NOT_PLAIN = Symbol('not plain');

/** A copy with dates as text. */
function plainOf(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return NOT_PLAIN;
  if (Array.isArray(value)) return plainItems(value, levels);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Date.prototype) return isStockDate(value as Date) ? dateText(value as Date) : value;
  // An instance may be anything. Instances of an application's class occur where a hook sends a row as it is.
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) return NOT_PLAIN;
  // Results of `JSON.rawJSON` look like this; a copy would be an ordinary object.
  if (prototype === null && 'rawJSON' in value) return NOT_PLAIN;
  return plainFields(value as Record<string, unknown>, levels);
}

function plainItems(values: readonly unknown[], levels: number): unknown {
  // A subclass of Array may have a `toJSON()`.
  if (Object.getPrototypeOf(values) !== Array.prototype || 'toJSON' in values) return NOT_PLAIN;
  const copy: unknown[] = [];
  for (const value of values) {
    const plain = plainOf(value, levels - 1);
    if (plain === NOT_PLAIN) return NOT_PLAIN;
    copy.push(plain);
  }
  return copy;
}

function plainFields(fields: Readonly<Record<string, unknown>>, levels: number): unknown {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    // Assigning it would set the copy's prototype.
    if (name === '__proto__') return NOT_PLAIN;
    const field = fields[name];
    const mark = levels > SHARED_LEVEL && typeof field === 'object' && field !== null ? markOf(field) : undefined;
    const plain = mark === undefined ? plainOf(field, levels - 1) : mark;
    if (plain === NOT_PLAIN) return NOT_PLAIN;
    copy[name] = plain;
  }
  return copy;
}

// oxlint-disable-next-line typescript/unbound-method -- compared, not called
const { toJSON, toISOString } = Date.prototype;
/** False if the application replaced `Date.prototype.toJSON` before it loaded this module. */
const areNative = [toJSON, toISOString].every((method) =>
  String(method).includes(`${method.name}() { [native code] }`),
);

/** Whether `JSON.stringify` would write what `dateText` does. */
function isStockDate(date: Date): boolean {
  return areNative && date.toJSON === toJSON && date.toISOString === toISOString;
}

const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

let lastDay = Number.NaN;
/** `2026-11-21T` */
let lastDate = '';

/** The result of `toJSON`. Consecutive dates are often on the same day, so the text of the last day is kept. */
function dateText(date: Date): string | null {
  const time = date.getTime();
  if (Number.isNaN(time)) return null;
  const day = Math.floor(time / DAY_MS);
  if (day !== lastDay) {
    lastDate = date.toISOString().slice(0, -13);
    lastDay = day;
  }
  const ofDay = time - day * DAY_MS;
  const second = Math.floor(ofDay / 1000);
  const minute = Math.floor(second / 60);
  const hour = Math.floor(minute / 60);
  const clock = `${TWO_DIGITS[hour]}:${TWO_DIGITS[minute - hour * 60]}:${TWO_DIGITS[second - minute * 60]}`;
  return `${lastDate}${clock}.${String(ofDay - second * 1000).padStart(3, '0')}Z`;
}
