import { describe, expect, it } from 'vitest';
import { RequestHandle } from '../core/connections/request-handle.js';
import { Party } from '../core/limits/party.js';
import { RunningRequest } from '../core/scope/running-request.js';
import { PoolTurns, poolShares } from './pool-turns.js';

const request = (party: Party): RunningRequest => new RunningRequest(new RequestHandle(), 1_000, party);

/** Takes a connection, and adds its name to `served` when it has one. */
async function take(turns: PoolTurns, one: RunningRequest, name: string, served: string[]): Promise<void> {
  await turns.take(one);
  served.push(name);
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the shares of a pool', () => {
  it.each([
    [10, { ofRequests: 8, ofParty: 4 }],
    [100, { ofRequests: 80, ofParty: 40 }],
    [5, { ofRequests: 4, ofParty: 2 }],
    [3, { ofRequests: 2, ofParty: 1 }],
    [2, { ofRequests: 2, ofParty: 1 }],
    [1, { ofRequests: 1, ofParty: 1 }],
  ])('of %i connections', (size, shares) => {
    expect(poolShares(size, { reserved: 20, user: 50 })).toEqual(shares);
  });

  it('are never nothing', () => {
    expect(poolShares(3, { reserved: 100, user: 1 })).toEqual({ ofRequests: 1, ofParty: 1 });
  });
});

describe('connections by turns', () => {
  it('leave half of them to others, whatever one party asks', async () => {
    const turns = new PoolTurns({ ofRequests: 4, ofParty: 2 });
    const [mallory, ada] = [new Party(), new Party()];
    const served: string[] = [];
    for (let n = 0; n < 20; n++) void take(turns, request(mallory), `m${n}`, served);
    for (let n = 0; n < 3; n++) void take(turns, request(ada), `a${n}`, served);
    await settle();
    expect(served).toEqual(['m0', 'm1', 'a0', 'a1']);
  });

  it('go round the parties that wait, each in its own order', async () => {
    const turns = new PoolTurns({ ofRequests: 1, ofParty: 1 });
    const [mallory, ada, bob] = [new Party(), new Party(), new Party()];
    const served: string[] = [];
    const run = async (party: Party, name: string): Promise<void> => {
      const one = request(party);
      await take(turns, one, name, served);
      await settle();
      turns.give(one);
    };
    const all = [
      ...Array.from({ length: 6 }, (_, n) => run(mallory, `m${n}`)),
      ...Array.from({ length: 2 }, (_, n) => run(ada, `a${n}`)),
      run(bob, 'b0'),
    ];
    await Promise.all(all);
    expect(served).toEqual(['m0', 'm1', 'a0', 'b0', 'm2', 'a1', 'm3', 'm4', 'm5']);
  });

  it('go beyond a share for who holds all of it and needs one more', async () => {
    const turns = new PoolTurns({ ofRequests: 4, ofParty: 2 });
    const mallory = new Party();
    const [one, two] = [request(mallory), request(mallory)];
    const served: string[] = [];
    await take(turns, one, 'one', served);
    await take(turns, two, 'two', served);
    void take(turns, one, 'one again', served);
    await settle();
    expect(served).toEqual(['one', 'two']);
    void take(turns, two, 'two again', served);
    await settle();
    expect(served).toEqual(['one', 'two', 'two again']);
    turns.give(two);
    turns.give(two);
    await settle();
    expect(served.at(-1)).toBe('one again');
  });

  it('go beyond all shares where everybody waits for one more, one at a time', async () => {
    const turns = new PoolTurns({ ofRequests: 3, ofParty: 1 });
    const all = [request(new Party()), request(new Party()), request(new Party())];
    const served: string[] = [];
    for (const [n, one] of all.entries()) await take(turns, one, `${n}`, served);
    for (const [n, one] of all.entries()) void take(turns, one, `${n} again`, served);
    await settle();
    expect(served).toEqual(['0', '1', '2', '2 again']);
    for (const n of [2, 0, 1]) {
      const one = all[n];
      if (one) turns.give(one);
      await settle();
    }
    expect(served).toHaveLength(6);
  });

  it('keep nothing of who has given all back', async () => {
    const turns = new PoolTurns({ ofRequests: 2, ofParty: 1 });
    const requests = Array.from({ length: 30 }, (_, n) => request([new Party(), new Party()][n % 2] ?? new Party()));
    await Promise.all(
      requests.map(async (one) => {
        await turns.take(one);
        await turns.take(one);
        await settle();
        turns.give(one);
        turns.give(one);
      }),
    );
    const sizes = Object.values(turns).flatMap((field: unknown) =>
      field instanceof Map ? [field.size] : Array.isArray(field) ? [field.length] : [],
    );
    expect(sizes).toEqual([0, 0, 0]);
    expect(turns).toMatchObject({ total: { taken: 0, blocked: 0 } });
  });
});
