import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, Image } from '../../core/changes/change.js';
import { netRows, type LoggedChange } from './net-rows.js';

/** A history of two rows: each step gives a row another value, or deletes it (`null`). */
function historyOf(steps: readonly (readonly [id: number, n: number | null])[]): LoggedChange[] {
  const now = new Map<number, Image>();
  return steps.flatMap(([id, n], index) => {
    const before = now.get(id);
    const after = n === null ? undefined : { id, n };
    if (!before && !after) return [];
    if (after) now.set(id, after);
    else now.delete(id);
    const type = before ? (after ? 'modified' : 'removed') : 'added';
    return [
      { change: { source: 'default', entity: 'Issue', id, type, before, after }, position: `${index}`, at: index },
    ];
  });
}

const STEPS = fc.array(
  fc.tuple(fc.constantFrom(1, 2), fc.option(fc.nat(9), { nil: null })).map((step) => step as [number, number | null]),
  { maxLength: 12 },
);

describe('the net rows of a history', () => {
  it('lead from what was there before it to what is there after it, one a row', () => {
    fc.assert(
      fc.property(STEPS, STEPS, (earlier, later) => {
        const all = historyOf([...earlier, ...later]);
        const missed = all.filter(({ at }) => at >= earlier.length);
        const stateAfter = (logged: readonly LoggedChange[]): Map<unknown, unknown> =>
          new Map(logged.flatMap(({ change: { id, after } }) => [[id, after]]));
        const before = stateAfter(all.filter(({ at }) => at < earlier.length));
        const after = stateAfter(all);
        const rows = netRows(missed, false);
        expect(new Set(rows.map(({ change }) => change.id)).size).toBe(rows.length);
        for (const { change } of rows) {
          expect([change.before, change.after]).toEqual([before.get(change.id), after.get(change.id)]);
          before.set(change.id, change.after);
        }
        for (const [id, image] of after) expect(before.get(id)).toEqual(image);
      }),
    );
  });

  it('are in the order of the last change of each, and know the states in between', () => {
    const rows = netRows(historyOf([[1, 0], [2, 0], [1, 1], [2, null], [1, 2]]), false); // prettier-ignore
    expect(rows.map(({ change, position }) => [change.id, change.type, position])).toEqual([
      [2, 'removed', '3'],
      [1, 'added', '4'],
    ]);
    expect(rows.map(({ between }) => between.map(({ image, at }) => [image['n'], at]))).toEqual([
      [[0, 1]],
      [[0, 0], [1, 2], [2, 4]],
    ]); // prettier-ignore
  });

  it('take a soft delete for a removal, unless deleted rows count', () => {
    const [before, after] = [
      { id: 1, deletedAt: null },
      { id: 1, deletedAt: 'today' },
    ];
    const change: Change = { source: 'default', entity: 'Issue', id: 1, type: 'removed', before, after };
    const typeOf = (withDeleted: boolean): unknown =>
      netRows([{ change, position: '1', at: 1 }], withDeleted).map((row) => [row.change.type, row.change.after]);
    expect(typeOf(false)).toEqual([['removed', undefined]]);
    expect(typeOf(true)).toEqual([['modified', after]]);
  });
});
