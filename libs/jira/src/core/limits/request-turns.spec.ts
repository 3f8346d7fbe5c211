import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { Parties, Party } from './party.js';
import { TokenBuckets } from './token-bucket.js';
import { RequestTurns } from './request-turns.js';

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Begins requests as the pipeline does, and notes their names. */
function ask(turns: RequestTurns, party: Party, names: readonly string[], begun: string[]): void {
  for (const name of names) {
    if (turns.mayBegin()) begun.push(name);
    else turns.wait(party, () => begun.push(name) > 0);
  }
}

const named = (letter: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${letter}${n}`);

describe('requests by turns', () => {
  it('begin at once while there are few', () => {
    const begun: string[] = [];
    ask(new RequestTurns(), new Party(), named('m', 3), begun);
    expect(begun).toEqual(['m0', 'm1', 'm2']);
  });

  it('begin in rotation when there are many, each party in its own order', async () => {
    const turns = new RequestTurns();
    const begun: string[] = [];
    ask(turns, new Party(), named('m', 100), begun);
    const first = begun.length;
    expect(first).toBeLessThan(100);
    ask(turns, new Party(), named('a', 3), begun);
    ask(turns, new Party(), named('b', 1), begun);
    await expect.poll(() => begun.length).toBe(104);
    const [m, n, o] = [first, first + 1, first + 2].map((index) => `m${index}`);
    expect(begun.slice(first, first + 7)).toEqual([m, 'a0', 'b0', n, 'a1', o, 'a2']);
    expect(begun.filter((name) => name.startsWith('m'))).toEqual(named('m', 100));
  });

  it('let what one of them runs in microtasks end before the next begins', async () => {
    const turns = new RequestTurns();
    const party = new Party();
    ask(turns, party, named('m', 64), []);
    const seen: string[] = [];
    for (const name of ['one', 'two'])
      turns.wait(party, () => {
        void (async () => {
          for (let n = 0; n < 50; n++) await Promise.resolve();
          seen.push(`${name} ended`);
        })();
        return seen.push(`${name} begun`) > 0;
      });
    await expect.poll(() => seen.length).toBe(4);
    expect(seen).toEqual(['one begun', 'one ended', 'two begun', 'two ended']);
  });

  it('skip what was given up, without a turn', async () => {
    const turns = new RequestTurns();
    const [mallory, ada] = [new Party(), new Party()];
    ask(turns, new Party(), named('x', 64), []);
    const begun: string[] = [];
    for (let n = 0; n < 50; n++) turns.wait(mallory, () => false);
    ask(turns, mallory, ['m'], begun);
    ask(turns, ada, ['a'], begun);
    await expect.poll(() => begun).toEqual(['a', 'm']);
    await settle();
    expect(turns.mayBegin()).toBe(true);
  });

  it('wait while what all need is crowded', async () => {
    const turns = new RequestTurns();
    const begun: string[] = [];
    turns.hold();
    ask(turns, new Party(), ['m'], begun);
    await settle();
    await settle();
    expect(begun).toEqual([]);
    turns.resume();
    await expect.poll(() => begun).toEqual(['m']);
  });

  it('begin in the context they came in', async () => {
    const turns = new RequestTurns();
    const context = new AsyncLocalStorage<string>();
    ask(turns, new Party(), named('x', 64), []);
    const seen: unknown[] = [];
    for (const name of ['one', 'two'])
      context.run(name, () => turns.wait(new Party(), () => seen.push(context.getStore()) > 0));
    await expect.poll(() => seen).toEqual(['one', 'two']);
  });
});

describe('parties', () => {
  it('are one for one key, as long as anything of them is there', () => {
    const parties = new Parties(new TokenBuckets(1, 1));
    const ada = parties.of('user 1');
    ada.joined();
    ada.began();
    ada.left();
    expect(parties.of('user 1')).toBe(ada);
    ada.ended();
    expect(parties.of('user 1')).not.toBe(ada);
    expect(parties.of(undefined)).not.toBe(parties.of(undefined));
  });
});
