// Whether this process serves clients, and reaches what it needs for that.

import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { CONNECTION_STORE, type ConnectionStore } from '../../cluster/messaging/connection-store.js';
import { CHANGE_LOG, type ChangeLog } from '../../core/changes/change-log.js';
import { Connections } from '../../core/connections/connections.js';
import { Reception } from '../../transport/reception.js';
import { DataSources } from '../../typeorm/data-sources.js';
import { RESOLVED_OPTIONS, type ResolvedJiraOptions } from './jira-options.js';

/**
 * The health of this process, for readiness probes. `nestjs-jira/health` has a health indicator for `@nestjs/terminus`.
 *
 * @example
 * constructor(private readonly health: JiraHealth) {}
 * @Get('ready') ready() { if (!this.health.isReady) throw new ServiceUnavailableException(); }
 */
@Injectable()
export class JiraHealth implements OnModuleDestroy {
  private isLeaving = false;

  constructor(
    private readonly reception: Reception,
    private readonly open: Connections,
    private readonly dataSources: DataSources,
    @Inject(CHANGE_LOG) private readonly log: ChangeLog,
    @Inject(CONNECTION_STORE) private readonly store: ConnectionStore,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedJiraOptions, 'unreadyMs'>,
  ) {}

  /** Whether to send new clients here. True from the end of boot until a shutdown begins, `unreadyMs` before the drain. */
  get isReady(): boolean {
    return this.reception.isOpen && !this.isLeaving;
  }

  /** Open connections of this process. */
  get connections(): number {
    return this.open.size;
  }

  /** Rejects if the change log cannot be reached. */
  async changeLog(): Promise<void> {
    await this.log.check?.();
  }

  /** Rejects if the connection store cannot be reached. It may wait for the store first, so give your probe a timeout. */
  async connectionStore(): Promise<void> {
    await this.store.get('$health');
  }

  /** Rejects if one of the application's databases does not answer. It waits as long as the driver does. */
  async databases(): Promise<void> {
    await Promise.all(this.dataSources.all().map(({ dataSource }) => dataSource.query('SELECT 1')));
  }

  /** Nest calls this for all providers before it closes anything. */
  async onModuleDestroy(): Promise<void> {
    this.isLeaving = true;
    const { unreadyMs } = this.options;
    if (unreadyMs > 0) await delay(unreadyMs);
  }
}
