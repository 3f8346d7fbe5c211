import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, ChangeType } from '../core/changes/change.js';
import { RowOrder } from './row-order.js';

const AT = { at: 0 };
const image = (n: number | undefined) => (n === undefined ? undefined : { id: 1, n, deletedAt: null });
const change = (from: number | undefined, to: number | undefined, type?: ChangeType, isSoftDeleted?: boolean): Change => ({
  source: 'default', entity: 'Issue', id: 1, before: image(from), after: image(to),
  type: type ?? (from === undefined ? 'added' : to === undefined ? 'removed' : 'modified'),
  ...(isSoftDeleted && { isSoftDeleted }),
}); // prettier-ignore

/** The changes that are announced when changes are read in this order. */
function told(...read: [node: string, change: Change][]): unknown[] {
  const order = new RowOrder();
  return read.flatMap(([node, one]) =>
    order.settle(node, [one], AT).changes.map(({ type, before, after }) => [type, before?.['n'], after?.['n']]),
  );
}

describe('RowOrder', () => {
  it('leaves alone what comes in order, of one process or of several, back and forth', () => {
    expect(told(['a', change(0, 1)], ['b', change(1, 2)], ['a', change(2, 1)], ['b', change(1, 2)])).toEqual([
      ['modified', 0, 1],
      ['modified', 1, 2],
      ['modified', 2, 1],
      ['modified', 1, 2],
    ]);
    expect(told(['a', change(1, 2)], ['a', change(0, 1)])).toEqual([
      ['modified', 1, 2],
      ['modified', 0, 1],
    ]);
    expect(told(['a', change(undefined, 1)], ['b', change(1, undefined)], ['a', change(undefined, 3)])).toHaveLength(3);
  });

  it('ends what was overtaken where the row is', () => {
    expect(told(['b', change(1, 2)], ['a', change(0, 1)])).toEqual([
      ['modified', 1, 2],
      ['modified', 0, 2],
    ]);
    expect(told(['c', change(2, 3)], ['b', change(1, 2)], ['a', change(0, 1)], ['c', change(3, 4)])).toEqual([
      ['modified', 2, 3],
      ['modified', 1, 3],
      ['modified', 0, 3],
      ['modified', 3, 4],
    ]);
  });

  it('brings back no row that is gone, and loses none that is there', () => {
    expect(told(['b', change(1, undefined)], ['a', change(0, 1)])[1]).toEqual(['removed', 0, undefined]);
    expect(told(['b', change(1, 2)], ['a', change(undefined, 1)])[1]).toEqual(['added', undefined, 2]);
    expect(told(['b', change(undefined, 2)], ['a', change(1, undefined)])[1]).toEqual(['modified', 1, 2]);
    expect(told(['b', change(1, 2, 'removed')], ['a', change(0, 1)])[1]).toEqual(['removed', 0, 2]);
    expect(told(['b', change(1, 2, 'added')], ['a', change(0, 1, 'modified', true)])[1]).toEqual(['added', 0, 2]);
    expect(told(['b', change(1, 2, 'added')], ['a', change(0, 1, 'removed')])[1]).toEqual(['modified', 0, 2]);
  });

  it('ends where the row is, however the changes of several processes are mixed on their way', () => {
    const mixes = fc.array(fc.record({ writer: fc.nat(2), pick: fc.nat(2) }), { minLength: 1, maxLength: 40 });
    const property = fc.property(mixes, (mix) => {
      // Which process made the n-th change. The changes of each process are read in order.
      const queues = [0, 1, 2].map((node) =>
        mix.flatMap(({ writer }, n) => (writer === node ? [change(n, n + 1)] : [])),
      );
      const order = new RowOrder();
      const ends = mix.flatMap(({ pick }) => {
        const node = [pick, 0, 1, 2].find((one) => queues[one]?.length) ?? 0;
        const next = queues[node]?.shift();
        return next ? order.settle(String(node), [next], AT).changes.map(({ after }) => after?.['n']) : [];
      });
      expect(ends.at(-1)).toBe(mix.length);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('says so where it cannot tell an insert before a delete from one after it', () => {
    const order = new RowOrder();
    expect(order.settle('b', [change(1, undefined)], AT).isUnsure).toBe(false);
    expect(order.settle('a', [change(undefined, 1)], AT).isUnsure).toBe(true);
    // A row that is inserted and deleted repeatedly, always in the same state, is in order if its past is known.
    const known = new RowOrder();
    const steps = [change(undefined, 1), change(1, undefined), change(undefined, 1), change(1, undefined)];
    expect(steps.map((step, i) => known.settle(i % 2 ? 'a' : 'b', [step], AT).isUnsure)).toEqual([false, false, false, false]); // prettier-ignore
  });

  it('says so where a process is behind by more than is remembered', () => {
    const order = new RowOrder();
    // Between these, the other process wrote 0 → 1, 2 → 3, and so on.
    for (let n = 1; n < 2_000; n += 2) expect(order.settle('b', [change(n, n + 1)], AT).isUnsure).toBe(false);
    expect(order.settle('a', [change(0, 1)], AT).isUnsure).toBe(true);
    expect(told(['b', change(1, 2)], ['b', change(3, 4)], ['a', change(0, 1)], ['a', change(2, 3)]).slice(2)).toEqual([
      ['modified', 0, 4],
      ['modified', 2, 4],
    ]);
  });

  it('forgets rows after a while, and says so where a commit is older than what is forgotten', () => {
    const order = new RowOrder();
    order.settle('b', [change(1, 2)], { at: 0 });
    order.settle('b', [{ ...change(0, 1), id: 2 }], { at: 60_000 });
    const late = change(0, 1);
    expect(order.settle('a', [late], { at: 60_001 })).toEqual({ changes: [late], isUnsure: false });
    expect(order.settle('a', [late], { at: 60_002, committedAt: 29_000 }).isUnsure).toBe(true);
    order.settle(
      'b',
      Array.from({ length: 50_001 }, (_, id) => ({ ...change(0, 1), id })),
      { at: 60_010 },
    );
    order.settle('b', [{ ...change(0, 1), id: -1 }], { at: 60_020 });
    expect(order.settle('a', [late], { at: 60_030, committedAt: 60_005 }).isUnsure).toBe(true);
    expect(order.settle('a', [late], { at: 60_030, committedAt: 60_015 }).isUnsure).toBe(false);
  });

  it('says so where a commit is older than some that were missed', () => {
    const order = new RowOrder();
    order.miss(1_000);
    expect(order.settle('a', [change(0, 1)], { at: 1_002, committedAt: 999 }).isUnsure).toBe(true);
    expect(order.settle('a', [change(1, 2)], { at: 1_003, committedAt: 1_001 }).isUnsure).toBe(false);
  });
});
