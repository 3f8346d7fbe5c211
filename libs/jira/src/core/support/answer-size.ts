// Checks the size of an answer before it is encoded.

/** Bytes that JSON adds to a value or a key: quotes, a comma, a colon. */
const MARKS = 3;
/** About how many bytes a number, a date or a literal takes. */
const SHORT = 8;

/**
 * Whether the value's JSON takes at most about this many bytes. Stops as soon as that is known. Text counts by its
 * characters, binary data by its bytes.
 */
export function isWithin(value: unknown, maxBytes: number): boolean {
  return rest(value, maxBytes) >= 0;
}

/** The bytes left after the value; a negative number ends the search. */
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
