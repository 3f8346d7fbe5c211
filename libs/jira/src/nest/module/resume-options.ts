// The options of resuming after a reconnect.

import { Logger } from '@nestjs/common';
import type { ChangeLog } from '../../core/changes/change-log.js';
import { DEFAULT_HISTORY, type HistoryLimits } from '../../core/changes/history.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import type { ResumeSettings } from '../../live/delivery/resumption.js';

/** How clients that reconnect get the changes they missed. */
export interface ResumeOptions {
  /**
   * Signs the tokens with which clients resume: a random text of at least 32 characters. Required with a shared change log, and
   * the same in every process that shares it.
   *
   * @default random: tokens are valid in this process only
   */
  readonly secret?: string;
  /** Maximum number of net changes in one answer. A client that missed more refetches. @default 1_000 */
  readonly maxRows?: number;
  /** How often a client with resumable subscriptions gets its position, in ms. @default 20_000 */
  readonly positionMs?: number;
  /**
   * How much history the default change log keeps. With `redisCluster()`, set its option of the same name instead.
   *
   * @default 10_000 commits, for 5 minutes, up to 64 MiB
   */
  readonly history?: Partial<HistoryLimits>;
}

const MIN_SECRET = 32;

/** @throws ConfigurationError that names the option at fault */
export function resolveResumeOptions(
  { secret, maxRows = 1_000, positionMs = 20_000, history = {} }: ResumeOptions = {},
  changeLog: ChangeLog,
): ResumeSettings {
  for (const [name, value] of Object.entries({ maxRows, positionMs, ...history }))
    if (!Number.isInteger(value) || value <= 0)
      throw new ConfigurationError('JiraModule', `has the option resume.${name} = ${String(value)}.`, 'Use a positive integer.'); // prettier-ignore
  const unknown = Object.keys(history).find((name) => !(name in DEFAULT_HISTORY));
  if (unknown !== undefined)
    throw new ConfigurationError('JiraModule', `has an unknown option resume.history.${unknown}.`, `Use ${Object.keys(DEFAULT_HISTORY).join(', ')}.`); // prettier-ignore
  if (secret !== undefined && secret.length < MIN_SECRET)
    throw new ConfigurationError(
      'JiraModule',
      `has a resume.secret of ${secret.length} characters.`,
      `Use ${MIN_SECRET} random characters or more, such as those of "openssl rand -base64 32".`,
    );
  if (secret === undefined && changeLog.read && changeLog.isShared !== false)
    throw new ConfigurationError(
      'JiraModule',
      'shares its change log with other processes but has no resume.secret, so no process could resume a session that another one started.',
      'Set forRoot({ resume: { secret } }) to the same random text in every process.',
    );
  if (secret === undefined)
    new Logger('Jira').log(
      'Subscriptions can be resumed in this process only: no resume.secret is set, so it is random.',
    );
  return { secret, maxRows, positionMs };
}
