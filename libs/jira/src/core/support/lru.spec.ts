import { describe, expect, it } from 'vitest';
import { inBatches } from './in-batches.js';
import { Lru } from './lru.js';

describe('a bounded cache', () => {
  it('forgets what was not used for longest', () => {
    const cache = new Lru<string, number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.get('a');
    cache.set('c', 3);
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([1, undefined, 3]);
  });

  it('counts a key once, and keeps its newest value', () => {
    const cache = new Lru<string, number>(2);
    for (const value of [1, 2, 3]) cache.set('a', value);
    cache.set('b', 4);
    expect(['a', 'b'].map((key) => cache.get(key))).toEqual([3, 4]);
    cache.clear();
    expect(cache.get('a')).toBeUndefined();
  });
});

describe('batches', () => {
  it('hold every item once, in order, none more than asked for', () => {
    expect([...inBatches([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
    expect([...inBatches([1, 2], 2)]).toEqual([[1, 2]]);
    expect([...inBatches([], 2)]).toEqual([]);
  });
});
