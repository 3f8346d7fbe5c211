import fc from 'fast-check';
import type { ListOp } from 'nestjs-jira-protocol';
import { describe, expect, it } from 'vitest';
import { differenceOf, type ListedRow } from './difference.js';

const row = (id: number, text = `${id}`): ListedRow => ({ id, key: `n${id}`, data: text });

/**
 * Applies the steps as a client does. Throws for an invalid index, for another row's index, and for a list that gets
 * too long.
 */
function apply(rows: readonly ListedRow[], ops: readonly ListOp[], limit: number): { id: unknown; data: unknown }[] {
  const list: { id: unknown; data: unknown }[] = rows.map(({ id, data }) => ({ id, data }));
  const at = (index: number, length = list.length) => {
    if (!Number.isInteger(index) || index < 0 || index >= length) throw new Error(`${index} of ${length}`);
    return index;
  };
  const take = (index: number, id: unknown) => {
    const [taken] = list.splice(at(index), 1);
    if (taken?.id !== id) throw new Error(`${String(taken?.id)} stands where ${String(id)} should`);
    return taken;
  };
  for (const op of ops) {
    if (op.op === 'added') list.splice(at(op.at, list.length + 1), 0, { id: op.id, data: op.row });
    else if (op.op === 'removed') take(op.at, op.id);
    else if (op.op === 'modified') {
      take(op.at, op.id);
      list.splice(op.at, 0, { id: op.id, data: op.row });
    } else {
      const moved = take(op.from, op.id);
      list.splice(at(op.at, list.length + 1), 0, { id: op.id, data: 'row' in op ? op.row : moved.data });
    }
    if (list.length > limit) throw new Error(`${list.length} rows are too many`);
  }
  return list;
}

const list = fc.uniqueArray(fc.tuple(fc.nat(14), fc.constantFrom('a', 'b')), { selector: ([id]) => id, maxLength: 10 });

describe('the difference of two lists', () => {
  it('leads from the one to the other, and never through a list longer than both', () => {
    fc.assert(
      fc.property(list, list, (one, other) => {
        const before = one.map(([id, text]) => row(id, text));
        const after = other.map(([id, text]) => row(id, text));
        const limit = Math.max(before.length, after.length);
        expect(apply(before, differenceOf(before, after), limit)).toEqual(after.map(({ id, data }) => ({ id, data })));
      }),
      { numRuns: 500 },
    );
  });

  it('is nothing for equal lists', () => {
    expect(differenceOf([row(1), row(2)], [row(1), row(2)])).toEqual([]);
  });

  it('moves the one row that changed its place, and no other', () => {
    const rows = [1, 2, 3, 4, 5].map((id) => row(id));
    expect(
      differenceOf(
        rows,
        [2, 3, 4, 5, 1].map((id) => row(id)),
      ),
    ).toEqual([{ op: 'moved', from: 0, at: 4, id: 1 }]);
    expect(
      differenceOf(
        rows,
        [5, 1, 2, 3, 4].map((id) => row(id)),
      ),
    ).toEqual([{ op: 'moved', from: 4, at: 0, id: 5 }]);
  });

  it('lets the last row go before another comes', () => {
    expect(differenceOf([row(1), row(2)], [row(3), row(1)])).toEqual([
      { op: 'removed', at: 1, id: 2 },
      { op: 'added', at: 0, id: 3, row: '3' },
    ]);
  });

  it('brings what a moved row shows now', () => {
    expect(differenceOf([row(1), row(2), row(3)], [row(3, 'three'), row(1), row(2)])).toEqual([
      { op: 'moved', from: 2, at: 0, id: 3, row: 'three' },
    ]);
  });
});
