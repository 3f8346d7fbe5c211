// Options of a hook's live lists.

import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { isRecord } from '../../core/support/is-record.js';
import { meant } from '../../core/support/nearest-name.js';

/** Options of a hook's live lists: its `live`. */
export interface LiveListOptions {
  /** Maximum number of rows in one list. @default 200 */
  readonly maxLimit?: number;
  /** Rows to keep in reserve, as a fraction of the list's length. They replace rows that leave the list. @default 1 */
  readonly buffer?: number;
  /** Whether clients get the number of matching rows, if the pagination counts rows. @default true */
  readonly count?: boolean;
}

export const LIVE_DEFAULTS = { maxLimit: 200, buffer: 1, count: true } as const;

/**
 * @param pageSize rows of a list whose query names no size
 * @throws ConfigurationError if an option is unknown or invalid, or `maxLimit` is below `pageSize`
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
