import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TokenBucket, TokenBuckets } from './token-bucket.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const takeAll = (bucket: TokenBucket): number => {
  let taken = 0;
  while (bucket.take()) taken++;
  return taken;
};

describe('a token bucket', () => {
  it('allows a burst, then its rate', () => {
    const bucket = new TokenBucket(2, 10);
    expect(takeAll(bucket)).toBe(10);
    vi.advanceTimersByTime(1_500);
    expect(takeAll(bucket)).toBe(3);
  });

  it('holds no more than the burst, however long nothing is taken', () => {
    const bucket = new TokenBucket(100, 5);
    takeAll(bucket);
    vi.advanceTimersByTime(3_600_000);
    expect(takeAll(bucket)).toBe(5);
  });

  it('counts tokens taken elsewhere, as a debt of at most one burst', () => {
    const bucket = new TokenBucket(1, 5);
    bucket.spend(1_000);
    vi.advanceTimersByTime(5_000);
    expect(takeAll(bucket)).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(takeAll(bucket)).toBe(1);
  });

  it('lets what is taken be more than there is, and waits for that', () => {
    const bucket = new TokenBucket(10, 10);
    expect([bucket.take(25), bucket.take()]).toEqual([true, false]);
    vi.advanceTimersByTime(1_500);
    expect(bucket.take()).toBe(false);
    vi.advanceTimersByTime(100);
    expect(takeAll(bucket)).toBe(1);
  });

  it('neither gains nor loses when the clock is set back', () => {
    const bucket = new TokenBucket(1, 5);
    expect(bucket.take()).toBe(true);
    vi.setSystemTime(Date.now() - 60_000);
    expect(takeAll(bucket)).toBe(4);
  });

  it('reports what was taken once', () => {
    const bucket = new TokenBucket(1, 5);
    takeAll(bucket);
    expect([bucket.collect(), bucket.collect()]).toEqual([5, 0]);
  });

  it('gets another rate, at which what was taken stays taken', () => {
    const bucket = new TokenBucket(1, 10);
    expect(bucket.take(4)).toBe(true);
    bucket.become(2, 20);
    expect(takeAll(bucket)).toBe(16);
    vi.advanceTimersByTime(1_000);
    expect(takeAll(bucket)).toBe(2);
    bucket.become(1, 10);
    vi.advanceTimersByTime(10_000);
    expect(takeAll(bucket)).toBe(0);
  });
});

describe('buckets by key', () => {
  it('are separate, and the same for the same key', () => {
    const buckets = new TokenBuckets(1, 1);
    expect(buckets.of('a').take()).toBe(true);
    expect(buckets.of('a').take()).toBe(false);
    expect(buckets.of('b').take()).toBe(true);
  });

  it('do not accumulate: full ones are dropped, others are kept', () => {
    const buckets = new TokenBuckets(1, 10);
    for (let i = 0; i < 1_000; i++) buckets.of(`idle-${i}`);
    takeAll(buckets.of('busy'));
    expect(buckets.size).toBe(1);
    for (let i = 0; i < 5_000; i++) buckets.of(`new-${i}`);
    expect(buckets.size).toBeLessThanOrEqual(2_001);
    expect(buckets.of('busy').take()).toBe(false);
  });

  it('report the keys with at least so many seconds’ worth of their own rate taken', () => {
    const buckets = new TokenBuckets(1, 10);
    takeAll(buckets.of('busy'));
    buckets.of('quiet').take();
    buckets.of('fast').become(100, 1_000);
    buckets.of('fast').take(50);
    buckets.of('slow').become(0.5, 5);
    buckets.of('slow').take();
    expect(buckets.collect(2)).toEqual([
      ['busy', 10],
      ['slow', 1],
    ]);
  });
});
