// Processes items in order, in the same turn of the event loop unless something has to wait.

/** Work between two batches. It runs when everything pushed before is done, and must neither throw nor reject. */
export type Turn = () => Promise<void> | void;

/** Resolves in a later turn of the event loop, after waiting I/O was processed. */
export const afterOthers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Items per batch: enough to share answers of the database, few enough to let other work have a turn. */
const MAX_BATCH_SIZE = 500;

export class Turns<Item extends object> {
  private entries: (Item | Turn)[] = [];
  private isRunning = false;

  /** @param work processes a batch of consecutive items; must neither throw nor reject */
  constructor(private readonly work: (batch: readonly Item[]) => Promise<void> | void) {}

  /** Whether nothing is running or waiting. */
  get isIdle(): boolean {
    return !this.isRunning && this.entries.length === 0;
  }

  push(items: readonly Item[]): void {
    for (const item of items) this.entries.push(item);
    this.run();
  }

  inTurn(turn: Turn): void {
    this.entries.push(turn);
    this.run();
  }

  /** The items that are waiting. */
  *waiting(): Generator<Item> {
    for (const entry of this.entries) if (typeof entry !== 'function') yield entry;
  }

  private run(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    while (this.entries.length > 0) {
      const waiting = this.next();
      if (waiting) return void waiting.finally(() => this.resume());
    }
    this.isRunning = false;
  }

  private resume(): void {
    this.isRunning = false;
    this.run();
  }

  private next(): Promise<void> | void {
    const [first] = this.entries;
    if (typeof first === 'function') {
      this.entries.shift();
      return first();
    }
    const end = this.entries.findIndex((entry) => typeof entry === 'function');
    const count = Math.min(end < 0 ? this.entries.length : end, MAX_BATCH_SIZE);
    const done = this.work(this.entries.splice(0, count) as Item[]);
    return count < MAX_BATCH_SIZE ? done : done ? done.then(afterOthers) : afterOthers();
  }
}
