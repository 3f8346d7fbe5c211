import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeOnce, jsonText } from './json-text.js';

/** Dates in all years that a Date can hold: often many of one day, and sometimes an invalid one. */
const dates = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.date({ min: new Date('2026-11-21T00:00:00Z'), max: new Date('2026-11-21T23:59:59.999Z') }),
);
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, undefined, true, false, Infinity, -0, NaN, () => 1),
    fc.string({ unit: 'binary' }),
    fc.double(),
    dates,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
})).value;

describe('the text of what is sent', () => {
  it('is what JSON.stringify writes', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(jsonText([value])).toBe(JSON.stringify([value]));
      }),
      { numRuns: 3000 },
    );
  });

  it.each<[string, unknown]>([
    ['binary data', { a: [new Uint8Array(3)] }],
    ['an array buffer', new ArrayBuffer(2)],
    ['an instance', { a: new URL('http://localhost') }],
    ['a moment of a class of its own', [new (class Day extends Date {})()]],
    ['a form of its own', { toJSON: () => 1 }],
    ['a map', new Map()],
    ['a list of a class of its own', { a: new (class Page extends Array<number> {})(3) }],
    ['a list with a form of its own', [Object.assign([1], { toJSON: () => 1 })]],
    ['JSON as it is', [Object.assign(Object.create(null) as object, { rawJSON: '12345678901234567890' })]],
    ['what is nested too deep', nested(20)],
    ['a field that would be a prototype', JSON.parse('{ "a": { "__proto__": { "b": 1 } } }')],
  ])('is left to Socket.IO for %s', (_, value) => {
    expect(jsonText(value)).toBeUndefined();
  });

  it('throws what JSON.stringify throws for a bigint, and ends at a circle', () => {
    expect(() => jsonText([{ a: 1n }])).toThrow(TypeError);
    const circle: unknown[] = [];
    circle.push({ circle });
    expect(jsonText(circle)).toBeUndefined();
  });

  it('leaves what it was given as it was', () => {
    const row = { at: new Date(0), tags: [new Date(1)] };
    jsonText({ row });
    expect(row).toEqual({ at: new Date(0), tags: [new Date(1)] });
  });

  describe('where the application gives moments another form', () => {
    // oxlint-disable-next-line typescript/unbound-method -- put back below
    const { toJSON } = Date.prototype;
    afterEach(() => {
      // oxlint-disable-next-line no-extend-native -- it puts back what was there
      Date.prototype.toJSON = toJSON;
    });

    it('is the application’s', () => {
      const own = Object.assign(new Date(5), { toJSON: () => 'own' });
      expect(jsonText([own])).toBe('["own"]');
      // oxlint-disable-next-line no-extend-native -- some applications do
      Date.prototype.toJSON = () => 'all';
      expect(jsonText([new Date(5)])).toBe('["all"]');
    });

    it('is the application’s if it came first', async () => {
      // oxlint-disable-next-line no-extend-native -- some applications do
      Date.prototype.toJSON = () => 'all';
      vi.resetModules();
      const later = await import('./json-text.js');
      expect(later.jsonText([new Date(5)])).toBe('["all"]');
    });
  });
});

function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

describe('a value that many answers hold', () => {
  const frame = (data: unknown): unknown[] => [{ requestId: '1', status: 200, data }];
  const rows = [
    { id: 1, title: '$& "quoted"', at: new Date('2026-11-21T00:00:00Z') },
    { id: 2, more: [null, {}] },
  ];

  it('is written as it would be by itself', () => {
    for (const value of [rows, [], {}, { results: rows }, [[]]]) {
      const data = { channel: 'c', changes: encodeOnce(structuredClone(value)), snapshot: value };
      for (let i = 0; i < 2; i++) expect(jsonText(frame(data))).toBe(JSON.stringify(frame(data)));
    }
  });

  it('may be there several times, beside others', () => {
    const [one, other] = [encodeOnce([1, { a: 2 }]), encodeOnce({ b: 3 })];
    const data = { one, other, again: one };
    expect(jsonText(frame(data))).toBe(JSON.stringify(frame(data)));
  });

  it('is encoded once', () => {
    let reads = 0;
    const row = { get id() { return ++reads; } }; // prettier-ignore
    const changes = encodeOnce([row]);
    const texts = [1, 2, 3].map((n) => jsonText(frame({ n, changes })));
    expect(reads).toBe(1);
    expect(texts[2]).toBe(JSON.stringify(frame({ n: 3, changes: [{ id: 1 }] })));
  });

  it('may hold more than JSON, and is then left to the caller each time', () => {
    const changes = encodeOnce([new Uint8Array(1)]);
    for (let i = 0; i < 2; i++) expect(jsonText(frame({ changes }))).toBeUndefined();
    expect(jsonText(frame({ a: 1 }))).toBe(JSON.stringify(frame({ a: 1 })));
    const big = encodeOnce([10n]);
    const other = encodeOnce([1]);
    expect(() => jsonText(frame({ other, big }))).toThrow(TypeError);
    expect(jsonText(frame({ a: 1 }))).toBe(JSON.stringify(frame({ a: 1 })));
  });
});
