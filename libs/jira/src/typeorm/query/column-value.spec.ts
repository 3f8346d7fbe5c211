import { describe, expect, it } from 'vitest';
import { canonical, compareStored } from './column-value.js';

describe('compareStored', () => {
  it('orders text by code point, where UTF-16 would put an emoji before a full-width tilde', () => {
    expect(compareStored('😀', '\uFF5E')).toBeGreaterThan(0);
    expect(compareStored('Z', 'a')).toBeLessThan(0);
    expect(compareStored('a', 'a ')).toBeLessThan(0);
    expect(compareStored('a', 'a')).toBe(0);
  });

  it('orders big integers beyond what a number holds', () => {
    expect(compareStored(9007199254740993n, 9007199254740992n)).toBeGreaterThan(0);
  });
});

describe('canonical', () => {
  it('tells values of different types and contents apart', () => {
    const values = [
      1,
      '1',
      1n,
      true,
      'true',
      null,
      'null',
      new Date(1),
      [1],
      ['1'],
      ['a,b'],
      ['a', 'b'],
      { a: 1 },
      Buffer.from('a'),
    ];
    expect(new Set(values.map(canonical)).size).toBe(values.length);
  });

  it('takes no notice of the order of keys', () => {
    expect(canonical({ a: 1, b: { c: 2, d: 3 } })).toBe(canonical({ b: { d: 3, c: 2 }, a: 1 }));
  });

  it('refuses what has no value to compare', () => {
    expect(() => canonical(() => 1)).toThrow(TypeError);
  });
});
