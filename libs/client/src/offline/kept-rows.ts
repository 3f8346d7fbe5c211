// Writes the rows of lists to the database, shortly after they change.

import type { OfflineDatabase } from './database.js';

/** Changes within this time are written together. */
const WRITE_MS = 200;

export class KeptRows {
  /** Whose rows these are: server, user and schema. While it is undefined, nothing is kept. */
  private owner: string | undefined;
  private readonly changed = new Map<string, readonly unknown[] | undefined>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly database: OfflineDatabase,
    private readonly broke: (error: unknown) => undefined,
  ) {}

  belongTo(owner: string | undefined): void {
    if (owner !== this.owner) this.flush();
    this.owner = owner;
  }

  async read(list: string): Promise<readonly unknown[] | undefined> {
    if (this.owner === undefined) return undefined;
    return this.database.rows(this.owner, list).catch((error: unknown) => this.broke(error));
  }

  keep(list: string, rows: readonly unknown[] | undefined): void {
    if (this.owner === undefined) return;
    this.changed.set(list, rows);
    this.timer ??= setTimeout(() => this.flush(), WRITE_MS);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { owner, changed } = this;
    if (owner !== undefined)
      for (const [list, rows] of changed)
        this.database.keep(owner, list, rows).catch((error: unknown) => this.broke(error));
    changed.clear();
  }

  /** Forgets what is not written yet. Keeps nothing until there is an owner again. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.changed.clear();
    this.owner = undefined;
  }
}
