// One object for equal keys, kept as long as it is in use.

export class Interned<T> {
  private readonly kept = new Map<string, { readonly value: T; users: number }>();

  /** Returns the object kept under the key, or else keeps this one. Call `release` once for each call. */
  take(key: string, value: T): T {
    const known = this.kept.get(key);
    if (known) {
      known.users++;
      return known.value;
    }
    this.kept.set(key, { value, users: 1 });
    return value;
  }

  release(key: string): void {
    const known = this.kept.get(key);
    if (known && --known.users === 0) this.kept.delete(key);
  }

  get size(): number {
    return this.kept.size;
  }
}
