// Options of a hook's live lists.

import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { isRecord } from '../../core/support/is-record.js';
import { meant } from '../../core/support/nearest-name.js';

/** Live lists of a hook. */
export interface LiveListOptions {
  /** The most rows of one list. @default 200 */
  readonly maxLimit?: number;
  /** Rows kept beyond those of a list, as a part of them: they take the place of rows that leave it. @default 1 */
  readonly buffer?: number;
  /** Whether clients are told how many rows match, where the pagination counts. @default true */
  readonly count?: boolean;
}

export const LIVE_DEFAULTS = { maxLimit: 200, buffer: 1, count: true } as const;

/**
 * @param pageSize rows of a list whose query names no size
 * @throws ConfigurationError about what would be ignored, or keep no list
 */
export function assertLiveOptions(hook: object, live: unknown, pageSize: number): void {
  const { name } = hook.constructor;
  if (live === false) return;
  if (!isRecord(live)) throw new ConfigurationError(name, `has live = ${String(live)}.`, 'Use options, or false.');
  for (const option of Object.keys(live))
    if (!Object.hasOwn(LIVE_DEFAULTS, option))
      throw new ConfigurationError(name, `has an unknown option of live lists "${option}".`, meant(option, Object.keys(LIVE_DEFAULTS))); // prettier-ignore
  const { maxLimit, buffer, count } = live;
  if (maxLimit !== undefined && !(isNumber(maxLimit) && Number.isSafeInteger(maxLimit) && maxLimit > 0))
    throw new ConfigurationError(name, `has live.maxLimit = ${JSON.stringify(maxLimit)}.`, 'Use a positive integer.');
  if (buffer !== undefined && !(isNumber(buffer) && buffer >= 0 && buffer < Infinity))
    throw new ConfigurationError(name, `has live.buffer = ${JSON.stringify(buffer)}.`, 'Use a number from 0 on: a part of the rows of a list.'); // prettier-ignore
  if (count !== undefined && typeof count !== 'boolean')
    throw new ConfigurationError(name, `has live.count = ${JSON.stringify(count)}.`, 'Use true or false.');
  if (maxLimit !== undefined && maxLimit < pageSize)
    throw new ConfigurationError(name, `has pages of ${pageSize} rows, and live lists of ${maxLimit} at most.`, 'Raise live.maxLimit, or lower pageSize.'); // prettier-ignore
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
