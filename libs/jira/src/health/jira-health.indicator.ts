// The health of the server as an indicator of @nestjs/terminus.

import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { withTimeout } from '../core/support/with-timeout.js';
import { JiraHealth } from '../nest/module/health.js';

export interface HealthCheckOptions {
  /** Time the check may take, in ms. @default 1_000 */
  readonly timeoutMs?: number;
}

/**
 * List it in the `providers` of the module whose controller answers probes, beside `TerminusModule` in its `imports`. None
 * of its checks rejects: each tells `up` or `down`.
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

  /** Up while the event loop answers, during a drain too: for a probe whose failure restarts the process. */
  live(key = 'jira'): Promise<HealthIndicatorResult> {
    return Promise.resolve(this.indicators.check(key).up({ connections: this.jira.connections }));
  }

  /** Down before boot has ended, and from the begin of a shutdown on: for a probe whose failure sends clients elsewhere. */
  ready(key = 'jira'): Promise<HealthIndicatorResult> {
    const check = this.indicators.check(key);
    const { isReady, connections } = this.jira;
    return Promise.resolve(isReady ? check.up({ connections }) : check.down('Takes no new clients.'));
  }

  /** Whether the change log is reached, which several processes share. */
  changeLog(key = 'changeLog', options?: HealthCheckOptions): Promise<HealthIndicatorResult> {
    return this.tell(key, options, () => this.jira.changeLog());
  }

  /** Whether the store is reached that knows the connections of all processes. */
  clusterStore(key = 'clusterStore', options?: HealthCheckOptions): Promise<HealthIndicatorResult> {
    return this.tell(key, options, () => this.jira.connectionStore());
  }

  /** Whether each database answers that TypeORM has a data source for. */
  database(key = 'database', options?: HealthCheckOptions): Promise<HealthIndicatorResult> {
    return this.tell(key, options, () => this.jira.databases());
  }

  /** Says nothing of the error but its code: probes are often public. */
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
