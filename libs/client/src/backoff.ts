// Waits between attempts.

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;

/** How long to wait after so many failures, in ms: doubles up to `maxMs`, off by up to half, so that clients do not come all at once. */
export function backoffMs(failures: number, minMs = RETRY_MIN_MS, maxMs = RETRY_MAX_MS): number {
  return Math.min(maxMs, minMs * 2 ** failures) * (0.5 + Math.random());
}
