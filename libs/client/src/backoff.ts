// The wait between attempts.

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;

/**
 * The wait before the next attempt, in ms. It doubles with each failure, up to `maxMs`. Jitter of up to half keeps clients from
 * retrying all at once.
 */
export function backoffMs(failures: number, minMs = RETRY_MIN_MS, maxMs = RETRY_MAX_MS): number {
  return Math.min(maxMs, minMs * 2 ** failures) * (0.5 + Math.random());
}
