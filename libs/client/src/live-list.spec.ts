import fc from 'fast-check';
import type { RowId } from 'nestjs-jira-protocol';
import { describe, expect, it } from 'vitest';
import type { Change } from './change.js';
import { applyChange, applyRow, hasRow } from './live-list.js';

interface Row {
  id: number;
  rank: number;
}

const row = (id: number, rank = id): Row => ({ id, rank });
const added = (data: Row): Change<Row> => ({ type: 'added', id: data.id, data, position: 'p' });
const modified = (data: Row): Change<Row> => ({ type: 'modified', id: data.id, data, position: 'p' });
const removed = (id: RowId): Change<Row> => ({ type: 'removed', id, data: {}, position: 'p' });
const reset: Change<Row> = { type: 'reset', data: null, position: 'p' };

describe('applyChange', () => {
  it('appends a new row, replaces a changed one where it stands, and takes a removed one out', () => {
    let rows: readonly Row[] = [row(1), row(2)];
    rows = applyChange(rows, added(row(3)));
    rows = applyChange(rows, modified(row(1, 9)));
    rows = applyChange(rows, removed(2));
    expect(rows).toEqual([row(1, 9), row(3)]);
  });

  it('gives the same array when nothing changes', () => {
    const rows = [row(1)];
    expect(applyChange(rows, removed(7))).toBe(rows);
    expect(applyChange(rows, reset)).toBe(rows);
  });

  it('takes a number and its digits for one key, and compares composite keys by column', () => {
    expect(applyChange([row(1)], removed('1'))).toEqual([]);
    const rows = [{ tenant: 1, no: 2 }];
    const key = ({ tenant, no }: { tenant: number; no: number }) => ({ tenant, no });
    const change = { type: 'removed', id: { no: 2, tenant: 1 }, data: {}, position: 'p' } as const;
    expect(applyChange(rows, change, { key })).toEqual([]);
  });

  it('says what to do when rows have no id', () => {
    const change = { type: 'added', id: 'b', data: { uuid: 'b' }, position: 'p' } as const;
    expect(() => applyChange([{ uuid: 'a' }], change)).toThrow('Set the option "key"');
  });

  it('applied twice is applied once, for any rows and change', () => {
    fc.assert(
      fc.property(anyRows, anyChange, fc.boolean(), (rows, change, isSorted) => {
        const options = isSorted ? { compare: byRank } : {};
        const once = applyChange(rows, change, options);
        expect(applyChange(once, change, options)).toEqual(once);
      }),
    );
  });

  it('ends with the rows of the server whatever part of the changes the fetched list knew', () => {
    fc.assert(
      fc.property(anyRows, fc.array(anyChange), fc.nat(), (start, changes, n) => {
        const states = [start];
        for (const change of changes) states.push([...applyChange(states.at(-1) ?? [], change)]);
        const fetched = states[n % states.length] ?? [];
        const live = changes.reduce<readonly Row[]>((rows, change) => applyChange(rows, change), fetched);
        expect(live.toSorted(byId)).toEqual(states.at(-1)?.toSorted(byId));
      }),
    );
  });

  it('keeps sorted rows sorted', () => {
    fc.assert(
      fc.property(anyRows, anyChange, (rows, change) => {
        const next = applyChange(rows.toSorted(byRank), change, { compare: byRank });
        expect(next).toEqual(next.toSorted(byRank));
      }),
    );
  });
});

describe('applyRow', () => {
  it("puts one's own write in, so that its change finds it there", () => {
    const rows = applyRow([row(1)], row(2));
    expect(rows).toEqual([row(1), row(2)]);
    expect(applyChange(rows, added(row(2)))).toEqual(rows);
    expect(hasRow(rows, 2)).toBe(true);
    expect(hasRow(rows, 3)).toBe(false);
  });
});

const byId = (a: Row, b: Row) => a.id - b.id;
const byRank = (a: Row, b: Row) => a.rank - b.rank;
const anyRow = fc.record({ id: fc.integer({ min: 1, max: 6 }), rank: fc.integer({ min: 1, max: 4 }) });
const anyRows = fc.uniqueArray(anyRow, { selector: ({ id }) => id });
const anyChange: fc.Arbitrary<Change<Row>> = fc.oneof(
  anyRow.map(added),
  anyRow.map(modified),
  fc.integer({ min: 1, max: 6 }).map(removed),
);
