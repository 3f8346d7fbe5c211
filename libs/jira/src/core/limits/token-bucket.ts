// A token bucket. No timers and no promises: it runs for each message.

/** Tokens that come back with time; as many as `most` may be taken at once. */
export class TokenBucket {
  private tokens: number;
  private at = Date.now();
  /** What was taken since somebody asked. */
  private taken = 0;

  /** @param perSecond tokens that come back in a second */
  constructor(
    private perSecond: number,
    private capacity: number,
  ) {
    this.tokens = capacity;
  }

  /** Another rate from now on. What was taken stays taken. */
  become(perSecond: number, capacity: number): void {
    if (perSecond === this.perSecond && capacity === this.capacity) return;
    this.refill();
    this.tokens += capacity - this.capacity;
    this.perSecond = perSecond;
    this.capacity = capacity;
  }

  /** Takes tokens; false if there is none. More than there are is a debt. */
  take(count = 1): boolean {
    this.refill();
    if (this.tokens < 1) return false;
    this.tokens -= count;
    this.taken += count;
    return true;
  }

  /** What was taken elsewhere: it is missing here. A debt is never greater than what the bucket holds. */
  spend(count: number): void {
    this.refill();
    this.tokens = Math.max(-this.capacity, this.tokens - count);
  }

  /** Tokens taken here since the last call; 0 for fewer than come back in this time. */
  collect(seconds = 0): number {
    const { taken } = this;
    this.taken = 0;
    return taken < this.perSecond * seconds ? 0 : taken;
  }

  /** Whether it is full: a new bucket would be the same. */
  get isFull(): boolean {
    this.refill();
    return this.tokens >= this.capacity;
  }

  private refill(): void {
    const now = Date.now();
    // A clock that was set back adds nothing and removes nothing.
    if (now > this.at) this.tokens = Math.min(this.capacity, this.tokens + ((now - this.at) / 1_000) * this.perSecond);
    this.at = now;
  }
}

/** Below this many buckets nobody looks for full ones. */
const FEW = 1_000;

/** One bucket per key. Buckets that are full again are dropped from time to time, so that keys do not accumulate. */
export class TokenBuckets {
  private readonly buckets = new Map<string, TokenBucket>();
  private sweepAt = FEW;

  constructor(
    private readonly perSecond: number,
    private readonly capacity: number,
  ) {}

  of(key: string): TokenBucket {
    const known = this.buckets.get(key);
    if (known) return known;
    if (this.buckets.size >= this.sweepAt) this.sweep();
    const bucket = new TokenBucket(this.perSecond, this.capacity);
    this.buckets.set(key, bucket);
    return bucket;
  }

  /** Keys with at least as many tokens taken here since the last call as come back in this time. */
  collect(seconds: number): [key: string, count: number][] {
    const found: [string, number][] = [];
    for (const [key, bucket] of this.buckets) {
      const count = bucket.collect(seconds);
      if (count > 0) found.push([key, count]);
    }
    return found;
  }

  get size(): number {
    return this.buckets.size;
  }

  private sweep(): void {
    for (const [key, bucket] of this.buckets) if (bucket.isFull) this.buckets.delete(key);
    // Twice as many as are in use: each look is paid for by as many new keys.
    this.sweepAt = Math.max(FEW, this.buckets.size * 2);
  }
}
