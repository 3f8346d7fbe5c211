/** Whether there is something to wait for: a promise of this realm, of another, or of a library. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
