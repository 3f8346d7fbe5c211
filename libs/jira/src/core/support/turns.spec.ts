import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

interface Item {
  readonly n: number;
}

describe('turns', () => {
  it('work at once while nothing has to wait', () => {
    const done: number[] = [];
    const turns = new Turns<Item>((batch) => void done.push(...batch.map(({ n }) => n)));
    turns.push([{ n: 1 }, { n: 2 }]);
    turns.inTurn(() => void done.push(0));
    expect(done).toEqual([1, 2, 0]);
    expect(turns.isIdle).toBe(true);
  });

  it('keep the order of pushing, whatever waits', async () => {
    const step = fc.record({ isTurn: fc.boolean(), isAsync: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.boolean(), async (steps, isSlow) => {
        const done: number[] = [];
        const turns = new Turns<Item>((batch) => {
          done.push(...batch.map(({ n }) => n));
          return isSlow ? Promise.resolve() : undefined;
        });
        for (const [n, { isTurn, isAsync }] of steps.entries()) {
          const work = (): Promise<void> | void => {
            done.push(n);
            return isAsync ? Promise.resolve() : undefined;
          };
          if (isTurn) turns.inTurn(work);
          else turns.push([{ n }]);
        }
        await new Promise<void>((resolve) => turns.inTurn(resolve));
        expect(done).toEqual(steps.map((_, n) => n));
      }),
    );
  });

  it('let others have the event loop between full batches', async () => {
    const batches: number[] = [];
    const turns = new Turns<Item>((batch) => void batches.push(batch.length));
    turns.push(Array.from({ length: 1_200 }, (_, n) => ({ n })));
    expect(batches).toEqual([500]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(batches.length).toBeLessThan(3);
    await new Promise<void>((resolve) => turns.inTurn(resolve));
    expect(batches).toEqual([500, 500, 200]);
  });

  it('name the items that wait', async () => {
    let go!: () => void;
    const turns = new Turns<Item>(() => new Promise<void>((resolve) => (go = resolve)));
    turns.push([{ n: 1 }]);
    turns.push([{ n: 2 }]);
    expect([...turns.waiting()]).toEqual([{ n: 2 }]);
    expect(turns.isIdle).toBe(false);
    go();
    await new Promise((resolve) => setImmediate(resolve));
    go();
    await new Promise<void>((resolve) => turns.inTurn(resolve));
    expect([...turns.waiting()]).toEqual([]);
  });
});
