// A set of listeners; adding one returns its undo.

export class Listeners<Args extends unknown[]> {
  private readonly all = new Set<{ readonly call: (...args: Args) => void }>();

  constructor(private readonly report: (error: unknown) => void) {}

  get size(): number {
    return this.all.size;
  }

  add(listener: (...args: Args) => void): () => void {
    // Wrapped, so that one function added twice is two listeners with an undo each.
    const entry = { call: listener };
    this.all.add(entry);
    return () => void this.all.delete(entry);
  }

  /** Calls all; one that throws is reported and does not keep the others from hearing. */
  emit(...args: Args): void {
    for (const entry of Array.from(this.all)) guarded(this.report, entry.call, ...args);
  }

  clear(): void {
    this.all.clear();
  }
}

/** Calls an application's function; what it throws is reported, not thrown. */
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
