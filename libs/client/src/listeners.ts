// A set of listeners. Adding one returns a function that removes it.

export class Listeners<Args extends unknown[]> {
  private readonly all = new Set<{ readonly call: (...args: Args) => void }>();

  constructor(private readonly report: (error: unknown) => void) {}

  get size(): number {
    return this.all.size;
  }

  add(listener: (...args: Args) => void): () => void {
    // The wrapper lets a function that was added twice be two listeners, each removed separately.
    const entry = { call: listener };
    this.all.add(entry);
    return () => void this.all.delete(entry);
  }

  /** Calls all listeners. Reports their errors, and goes on with the next one. */
  emit(...args: Args): void {
    for (const entry of Array.from(this.all)) guarded(this.report, entry.call, ...args);
  }

  clear(): void {
    this.all.clear();
  }
}

/** Calls a function of the application. Reports its errors instead of throwing them. */
export function guarded<Args extends unknown[]>(
  report: (error: unknown) => void,
  call: ((...args: Args) => void) | undefined,
  ...args: Args
): void {
  try {
    call?.(...args);
  } catch (error) {
    report(error);
  }
}
