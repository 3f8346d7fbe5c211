import { describe, expect, it } from 'vitest';
import { rowValue } from './row-value.js';

class Money {
  constructor(
    readonly cents: number,
    private readonly unit: object = { name: 'EUR' },
  ) {}
  get text(): string {
    return String(this.cents) + JSON.stringify(this.unit);
  }
}

describe('rowValue', () => {
  it('gives each value a form that JSON holds', () => {
    const now = new Date();
    const values: [unknown, unknown][] = [
      [1n << 70n, '1180591620717411303424'],
      [
        [Number.NaN, Infinity, -Infinity, 1.5],
        ['NaN', 'Infinity', '-Infinity', 1.5],
      ],
      [Buffer.from([0, 255]), 'AP8='],
      [new Uint8Array([0, 255]).subarray(1), '/w=='],
      [new Uint8Array([7]).buffer, 'Bw=='],
      [new URL('https://a.b/c'), 'https://a.b/c'],
      [new Money(5), { cents: 5, unit: { name: 'EUR' } }],
      [{ toJSON: () => 2n }, '2'],
      [new Map<unknown, unknown>([[1, 2n]]), { 1: '2' }],
      [new Set([1n]), ['1']],
      [now, now],
      [null, null],
      [undefined, undefined],
    ];
    expect(values.map(([value]) => rowValue(value))).toEqual(values.map(([, shown]) => shown));
    expect(JSON.stringify(rowValue(JSON.parse('{"__proto__":{"a":1}}')))).toBe('{"__proto__":{"a":1}}');
  });

  it('asks about instances of classes', () => {
    const viewed = (value: object) => (value instanceof Money ? { shown: value.text } : undefined);
    expect(rowValue({ a: [new Money(1, {})] }, viewed)).toEqual({ a: ['1{}'] });
  });

  it('throws at a circle', () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    expect(() => rowValue(circle)).toThrow('circle');
  });
});
