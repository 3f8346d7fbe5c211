import { describe, expect, it } from 'vitest';
import { isWithin } from './answer-size.js';

const row = { id: 1, title: 'Ship it', at: new Date(0), tags: ['a', 'b'], nothing: null };

describe('isWithin', () => {
  it('is near the length of the JSON, above and below', () => {
    for (const value of [row, [row, row, row], 'x'.repeat(500), { deep: { deeper: [row] } }]) {
      const { length } = JSON.stringify(value);
      expect(isWithin(value, length * 2)).toBe(true);
      expect(isWithin(value, Math.floor(length / 3))).toBe(false);
    }
    expect([299, 301].map((bytes) => isWithin(Buffer.alloc(300), bytes))).toEqual([false, true]);
  });

  it('looks at no more than it takes to know', () => {
    let looks = 0;
    const costly = Array.from({ length: 1_000 }, () => ({
      get text() {
        looks++;
        return 'x'.repeat(1_000);
      },
    }));
    expect(isWithin(costly, 5_000)).toBe(false);
    expect(looks).toBeLessThan(10);
  });
});
