// A token bucket. It runs for each message, so it has no timers and no promises.

/** Tokens that come back with time, up to `capacity`. */
export class TokenBucket {
  private tokens: number;
  private at = Date.now();
  /** Tokens taken since the last `collect()`. */
  private taken = 0;

  /** @param perSecond tokens that come back in a second */
  constructor(
    private perSecond: number,
    private capacity: number,
  ) {
    this.tokens = capacity;
  }

  /** Changes the rate from now on. Tokens that were taken stay taken. */
  become(perSecond: number, capacity: number): void {
    if (perSecond === this.perSecond && capacity === this.capacity) return;
    this.refill();
    this.tokens += capacity - this.capacity;
    this.perSecond = perSecond;
    this.capacity = capacity;
  }

  /** Takes tokens. Returns false if there is none; taking more than there are leaves a debt. */
  take(count = 1): boolean {
    this.refill();
    if (this.tokens < 1) return false;
    this.tokens -= count;
    this.taken += count;
    return true;
  }

  /** Removes tokens that were taken elsewhere. The debt never exceeds the capacity. */
  spend(count: number): void {
    this.refill();
    this.tokens = Math.max(-this.capacity, this.tokens - count);
  }

  /** Tokens taken here since the last call; 0 if they are fewer than come back in this time. */
  collect(seconds = 0): number {
    const { taken } = this;
    this.taken = 0;
    return taken < this.perSecond * seconds ? 0 : taken;
  }

  /** Whether it is full, like a new bucket. */
  get isFull(): boolean {
    this.refill();
    return this.tokens >= this.capacity;
  }

  private refill(): void {
    const now = Date.now();
    // If the clock is set back, nothing is added or removed.
    if (now > this.at) this.tokens = Math.min(this.capacity, this.tokens + ((now - this.at) / 1_000) * this.perSecond);
    this.at = now;
  }
}

/** Full buckets are not dropped before there are this many. */
const FEW = 1_000;

/** One bucket per key. Full buckets are dropped from time to time, so that keys do not accumulate. */
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

  /** The keys whose tokens taken here since the last call are at least as many as come back in this time. */
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
    // Twice as many as are in use, so that the cost of a sweep is spread over as many new keys.
    this.sweepAt = Math.max(FEW, this.buckets.size * 2);
  }
}
