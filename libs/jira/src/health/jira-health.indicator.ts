// The server's health as a health indicator for @nestjs/terminus.

import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { withTimeout } from '../core/support/with-timeout.js';
import { JiraHealth } from '../nest/module/health.js';

/** Options of one health check. */
export interface HealthCheckOptions {
  /** Time the check may take, in ms. @default 1_000 */
  readonly timeoutMs?: number;
}

/**
 * A health indicator for `@nestjs/terminus`. Add it to the `providers` of the module whose controller answers probes, and
 * `TerminusModule` to its `imports`. No check rejects: each reports `up` or `down`.
 *
 * @example
 * @Get('ready') @HealthCheck()
 * ready() { return this.health.check([() => this.jira.ready(), () => this.jira.database()]); }
 */
@Injectable()
export class JiraHealthIndicator {
  constructor(
    private readonly jira: JiraHealth,
    private readonly indicators: HealthIndicatorService,
  ) {}

  /** Up while the event loop runs, even during a drain. Use it for a probe that restarts the process. */
  live(key = 'jira'): Promise<HealthIndicatorResult> {
    return Promise.resolve(this.indicators.check(key).up({ connections: this.jira.connections }));
  }

  /** Up from the end of boot until a shutdown begins. Use it for a probe that sends clients elsewhere. */
  ready(key = 'jira'): Promise<HealthIndicatorResult> {
    const check = this.indicators.check(key);
    const { isReady, connections } = this.jira;
    return Promise.resolve(isReady ? check.up({ connections }) : check.down('Takes no new clients.'));
  }

  /** Up if the change log can be reached. */
  changeLog(key = 'changeLog', options?: HealthCheckOptions): Promise<HealthIndicatorResult> {
    return this.tell(key, options, () => this.jira.changeLog());
  }

  /** Up if the store with the connections of all processes can be reached. */
  clusterStore(key = 'clusterStore', options?: HealthCheckOptions): Promise<HealthIndicatorResult> {
    return this.tell(key, options, () => this.jira.connectionStore());
  }

  /** Up if the database of each data source answers. */
  database(key = 'database', options?: HealthCheckOptions): Promise<HealthIndicatorResult> {
    return this.tell(key, options, () => this.jira.databases());
  }

  /** Reports only the code of an error, because probes are often public. */
  private async tell(
    key: string,
    { timeoutMs = 1_000 }: HealthCheckOptions = {},
    ask: () => Promise<void>,
  ): Promise<HealthIndicatorResult> {
    const check = this.indicators.check(key);
    try {
      await withTimeout(ask(), timeoutMs, () => {
        throw new Error(`No answer within ${timeoutMs} ms.`, { cause: TIMEOUT });
      });
      return check.up();
    } catch (error) {
      if (error instanceof Error && error.cause === TIMEOUT) return check.down(error.message);
      const { code } = (error ?? {}) as { readonly code?: unknown };
      return check.down(typeof code === 'string' ? `Failed with ${code}.` : 'Failed.');
    }
  }
}

const TIMEOUT = Symbol('timeout');
