/** A bounded cache: when it is full, a new value replaces the least recently used one. */
export class Lru<K, V> {
  private readonly values = new Map<K, V>();

  constructor(private readonly maxSize: number) {}

  get(key: K): V | undefined {
    const value = this.values.get(key);
    if (value !== undefined) {
      this.values.delete(key);
      this.values.set(key, value);
    }
    return value;
  }

  set(key: K, value: V): void {
    this.values.delete(key);
    this.values.set(key, value);
    for (const oldest of this.values.keys()) {
      if (this.values.size <= this.maxSize) return;
      this.values.delete(oldest);
    }
  }

  clear(): void {
    this.values.clear();
  }
}
