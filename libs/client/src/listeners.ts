// A set of listeners; adding one returns a function that removes it.

export class Listeners<Args extends unknown[]> {
  private readonly all = new Set<{ readonly call: (...args: Args) => void }>();

  constructor(private readonly report: (error: unknown) => void) {}

  get size(): number {
    return this.all.size;
  }

  add(listener: (...args: Args) => void): () => void {
    // Wrapped, so that a function added twice is two listeners that are removed separately.
    const entry = { call: listener };
    this.all.add(entry);
    return () => void this.all.delete(entry);
  }

  /** Calls all listeners; an error is reported and does not stop the others. */
  emit(...args: Args): void {
    for (const entry of Array.from(this.all)) guarded(this.report, entry.call, ...args);
  }

  clear(): void {
    this.all.clear();
  }
}

/** Calls an application function and reports its errors instead of throwing them. */
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
