import { describe, expect, it } from 'vitest';
import { getOrAdd } from './get-or-add.js';
import { Interned } from './interned.js';
import { sendEncodable, wireValue } from './wire-value.js';

describe('interned objects', () => {
  it('are one for equal keys, until the last user releases them', () => {
    const interned = new Interned<object>();
    const first = {};
    expect(interned.take('k', first)).toBe(first);
    expect(interned.take('k', {})).toBe(first);
    interned.release('k');
    expect(interned.take('k', {})).toBe(first);
    interned.release('k');
    interned.release('k');
    expect(interned.size).toBe(0);
    expect(interned.take('k', {})).not.toBe(first);
  });

  it('survive a release too many', () => {
    const interned = new Interned<object>();
    interned.release('never taken');
    expect(interned.size).toBe(0);
  });
});

describe('getOrAdd', () => {
  it('makes a value once', () => {
    const map = new Map<string, object>();
    const value = getOrAdd(map, 'k', () => ({}));
    expect(getOrAdd(map, 'k', () => expect.fail('made twice'))).toBe(value);
  });
});

describe('a value for the wire', () => {
  it('has bigints as strings, at any depth', () => {
    expect(wireValue({ a: [1n, { b: 2n ** 70n }] })).toEqual({ a: ['1', { b: String(2n ** 70n) }] });
  });

  it('is null where JSON has nothing', () => {
    expect([wireValue(undefined), wireValue(() => 0)]).toEqual([null, null]);
  });

  it('throws for a circle', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(() => wireValue(circle)).toThrow(TypeError);
  });

  it('is looked for only when the first try fails', () => {
    const sent: unknown[] = [];
    const send = ({ data }: { readonly data: unknown }): void => void sent.push(JSON.stringify(data));
    sendEncodable({ data: { n: 1 } }, send);
    sendEncodable({ data: { n: 1n } }, send);
    expect(sent).toEqual(['{"n":1}', '{"n":"1"}']);
    const failing = (): void => {
      throw new Error('closed');
    };
    expect(() => sendEncodable({ data: null }, failing)).toThrow('closed');
  });
});
