// Writes that wait until their commit is applied to the rows.

interface Wait {
  readonly of: string;
  resolve(): void;
}

/** How many changes to remember. A change may arrive before the answer to the write that caused it. */
const REMEMBERED = 1_000;

export class Waits {
  private readonly told = new Set<string>();
  private readonly waits = new Set<Wait>();

  of(position: string, text: string): Promise<void> {
    const of = `${position} ${text}`;
    if (this.told.has(of)) return Promise.resolve();
    return new Promise((resolve) => this.waits.add({ of, resolve }));
  }

  /** Notes that a change was applied. */
  tell(position: string, text: string): void {
    const of = `${position} ${text}`;
    this.told.add(of);
    if (this.told.size > REMEMBERED)
      for (const oldest of [...this.told].slice(0, REMEMBERED / 2)) this.told.delete(oldest);
    for (const wait of this.waits) if (wait.of === of) this.settle(wait);
  }

  /** Returns a function that settles the writes waiting now. A list requested now contains their commits. */
  mark(): () => void {
    const now = [...this.waits];
    return () => now.forEach((wait) => this.settle(wait));
  }

  settleAll(): void {
    this.mark()();
  }

  private settle(wait: Wait): void {
    if (this.waits.delete(wait)) wait.resolve();
  }
}
