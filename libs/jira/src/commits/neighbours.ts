// Warns if another process uses the same tables without a shared change log: neither would hear of the other's commits.

import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { StatementControl } from './dialect/dialect.js';
import type { SpareConnection } from './spare-connection.js';

interface LockRow {
  readonly n: number | string;
  /** Ids of sessions; some drivers give them as text. */
  readonly own: number | string;
  readonly holder: number | string | null;
}

/**
 * Holds a lock for each table while the process lives, on the spare connection. If another session has a table's lock
 * twice in a row, another process uses the table; that is logged once. A process that takes over from one that ends
 * does not count.
 */
export class Neighbours {
  private readonly logger = new Logger('Jira');
  /** This process's sessions. The server may not have noticed yet that one of them is gone. */
  private readonly own = new Set<number>();
  private suspected: ReadonlySet<string> = new Set();
  private timer?: NodeJS.Timeout | undefined;
  private isDone = false;

  /** @param tables sorted, and named as the database names them */
  constructor(
    private readonly spare: SpareConnection,
    private readonly control: StatementControl,
    private readonly source: string,
    private readonly tables: readonly string[],
  ) {}

  start(everyMs: number): void {
    if (this.isDone || this.tables.length === 0) return;
    this.timer = setTimeout(() => void this.look().then(() => this.start(everyMs)), everyMs).unref();
  }

  stop(): void {
    this.isDone = true;
    clearTimeout(this.timer);
  }

  /** Never rejects. */
  private async look(): Promise<void> {
    try {
      const shared = await this.shared();
      const known = shared.filter((table) => this.suspected.has(table));
      this.suspected = new Set(shared);
      if (known.length === 0) return;
      this.isDone = true;
      this.logger.warn(
        `Another process uses the same tables (${known.join(', ')}) of data source "${this.source}", and no change log is ` +
          'shared: clients of one process do not see what the other commits. Set a change log that all processes share, as ' +
          'in JiraModule.forRoot({ ...redisCluster({ url }) }).',
      );
      await this.spare.letGo();
    } catch (error) {
      // The server has no such locks or does not answer, which is no reason to warn.
      this.logger.debug(`Could not look for other processes: ${String(error)}`);
    }
  }

  /** The tables whose lock is held by another process. */
  private async shared(): Promise<string[]> {
    const names = this.tables.map((table) => createHash('sha256').update(table).digest('hex').slice(0, 16));
    const rows = (await this.spare.ask(this.control.takeLocks(names))) as readonly LockRow[];
    for (const { own } of rows) this.own.add(Number(own));
    const taken = rows.filter(({ holder }) => holder !== null && !this.own.has(Number(holder)));
    return taken.map(({ n }) => this.tables[Number(n)]).filter((table) => table !== undefined);
  }
}
