import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode } from './plain-data.js';

const leaf = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.double(),
  fc.bigInt(),
  fc.date(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);
const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value')),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$date', '$object', '__proto__')), tie('value'), {
      noNullPrototype: true,
    }),
  ),
})).value;

describe('data as text', () => {
  it('comes back as it was, whatever it is made of', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(decode(encode(value))).toStrictEqual(value);
      }),
    );
  });

  it('refuses what is no data', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    for (const value of [() => 0, Symbol('x'), { deep: [() => 0] }, circle])
      expect(() => encode(value)).toThrow(TypeError);
  });
});
