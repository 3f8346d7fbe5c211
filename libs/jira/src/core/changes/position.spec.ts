import { describe, expect, it } from 'vitest';
import { PositionCodec } from './position.js';

describe('a position', () => {
  it('is the same for the same commit, another for every other, and of one length', () => {
    const codec = new PositionCodec();
    const tokens = Array.from({ length: 1_000 }, (_, sequence) => codec.encode(sequence));
    expect(new Set(tokens).size).toBe(1_000);
    expect(new Set(tokens.map(({ length }) => length)).size).toBe(1);
    expect(Array.from({ length: 1_000 }, (_, sequence) => codec.encode(sequence))).toEqual(tokens);
  });

  it('does not show how many commits lie between two, nor means anything in another process', () => {
    const [one, other] = [new PositionCodec(), new PositionCodec()];
    expect(one.encode(7)).not.toBe(other.encode(7));
    const shared = [...one.encode(7)].filter((character, index) => character === one.encode(8)[index]);
    expect(shared.length).toBeLessThan(12); // of 22: neighbours share no more than chance would have it
  });
});
