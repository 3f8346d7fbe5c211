// Processes items in order, within the same turn of the event loop as long as nothing has to wait.

/** Work between two batches, when all that was pushed before it is done. Must not throw nor reject. */
export type Turn = () => Promise<void> | void;

/** Items taken out at once: enough to share the database's answers, few enough to let others have a turn. */
const MAX_BATCH_SIZE = 500;

export class Turns<Item extends object> {
  private entries: (Item | Turn)[] = [];
  private isRunning = false;

  /** @param work takes a batch of consecutive items; must not throw nor reject */
  constructor(private readonly work: (batch: readonly Item[]) => Promise<void> | void) {}

  /** Whether nothing is under way, nor waits. */
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

  /** The items that wait for their turn. */
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
    return this.work(this.entries.splice(0, count) as Item[]);
  }
}
