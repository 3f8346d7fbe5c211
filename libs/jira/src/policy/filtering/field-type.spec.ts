import { describe, expect, it } from 'vitest';
import { parseFieldValue, type FieldKind, type FieldType } from './field-type.js';

const type = (kind: FieldKind, more: Partial<FieldType> = {}): FieldType => ({ kind, isNullable: true, ...more });
const valueOf = (field: FieldType, raw: unknown): unknown => {
  const parsed = parseFieldValue(field, raw);
  return parsed.ok ? parsed.value : parsed.fault;
};

describe('parseFieldValue', () => {
  it.each([
    [type('integer'), 5, 5],
    [type('integer'), ' -5 ', -5],
    [type('integer'), '-0', 0],
    [type('number'), '1.5e3', 1500],
    [type('bigint'), '9223372036854775807', '9223372036854775807'],
    [type('bigint'), 12, '12'],
    [type('decimal'), '10.250', '10.250'],
    [type('decimal'), 10.25, '10.25'],
    [type('boolean'), 'true', true],
    [type('boolean'), 0, false],
    [type('string'), 'a\u0301 😀', 'a\u0301 😀'],
    [type('string'), 7, '7'],
    [type('date'), '2024-02-29', new Date('2024-02-29T00:00:00Z')],
    [type('date'), '2024-02-29T12:00', new Date('2024-02-29T12:00:00Z')],
    [type('date'), '2024-02-29 12:00:00.5+02:00', new Date('2024-02-29T10:00:00.500Z')],
    [type('day'), '2024-02-29', '2024-02-29'],
    [type('time'), '23:59:59.5', '23:59:59.5'],
    [type('uuid'), '6F9619FF-8B86-4011-B42D-00C04FC964FF', '6F9619FF-8B86-4011-B42D-00C04FC964FF'],
    [type('enum', { values: [1, 'two'] }), '1', 1],
  ])('reads %o from %o', (field, raw, expected) => {
    expect(valueOf(field, raw)).toEqual(expected);
  });

  it.each([
    [type('integer'), '1.5'],
    [type('integer'), 'abc'],
    [type('integer'), ''],
    [type('integer'), null],
    [type('integer'), [1]],
    [type('integer'), { $gt: 1 }],
    [type('integer', { min: -32768, max: 32767 }), 40000],
    [type('integer'), '99999999999999999999'],
    [type('number'), 'Infinity'],
    [type('number'), Number.NaN],
    [type('number'), '0x10'],
    [type('bigint'), '9223372036854775808'],
    [type('bigint'), 1.5],
    [type('decimal'), '1e5'],
    [type('boolean'), 'yes'],
    [type('string'), 'a\0b'],
    [type('string'), '\uD83D'],
    [type('string'), { length: 1 }],
    [type('string'), 'x'.repeat(1001)],
    [type('date'), '2024-02-30'],
    [type('date'), '2024-02-30T00:00:00Z'],
    [type('date'), 'yesterday'],
    [type('date'), '2024-01-01T25:00:00Z'],
    [type('date'), 1700000000000],
    [type('day'), '2024-2-1'],
    [type('day'), '0000-01-01'],
    [type('time'), '24:00'],
    [type('uuid'), '1'],
    [type('enum', { values: ['a'] }), 'b'],
    [type('enum', { values: ['a'] }), '__proto__'],
    [type('other'), 'x'],
  ])('refuses for %o the value %o', (field, raw) => {
    expect(parseFieldValue(field, raw)).toEqual({ ok: false, fault: expect.any(String) as string });
  });
});
