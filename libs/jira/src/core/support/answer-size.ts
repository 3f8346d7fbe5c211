// Whether an answer stays within its bytes, found out before it is made a text.

/** What JSON adds to a value or a key: quotes, a comma, a colon. */
const MARKS = 3;
/** A number, a date, a literal: what follows need not be exact. */
const SHORT = 8;

/**
 * Whether the value's JSON has at most about this many bytes. Looks at no more than it takes to know; text counts by its
 * characters, binary data by its bytes.
 */
export function isWithin(value: unknown, maxBytes: number): boolean {
  return rest(value, maxBytes) >= 0;
}

/** What is left of the bytes after the value; less than none ends the search. */
function rest(value: unknown, left: number): number {
  if (left < 0) return left;
  if (typeof value === 'string') return left - value.length - MARKS;
  if (typeof value !== 'object' || value === null || value instanceof Date) return left - SHORT;
  if (ArrayBuffer.isView(value)) return left - value.byteLength;
  let after = left;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && after >= 0; i++) after = rest(value[i], after - 1);
    return after;
  }
  for (const name of Object.keys(value)) {
    after = rest((value as Record<string, unknown>)[name], after - name.length - MARKS);
    if (after < 0) return after;
  }
  return after;
}
