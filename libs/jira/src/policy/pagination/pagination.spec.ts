import 'reflect-metadata';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HookScope } from '../../core/scope/scope.js';
import { CursorPagination, type CursorPage } from './cursor.pagination.js';
import { LimitOffsetPagination } from './limit-offset.pagination.js';
import { PageNumberPagination } from './page-number.pagination.js';
import { positive, type CountMode, type PageSource } from './pagination.js';

const LIMITS = { pageSize: 3, maxPageSize: 5 };
const scopeOf = (query: Record<string, unknown>, namespace = 'issues'): HookScope =>
  ({ query, namespace }) as unknown as HookScope;

/** Rows 1 … n by key, as a store would read them. */
function sourceOf(count: number, order = 'id'): PageSource & { slices: number } {
  const rows = Array.from({ length: count }, (_, index) => index + 1);
  const source = {
    slices: 0,
    order,
    count: (limit = Infinity) => Promise.resolve(Math.min(count, limit + 1)),
    estimate: () => Promise.resolve(count * 1.1),
    slice: (offset: number, limit: number) => {
      source.slices++;
      return Promise.resolve(rows.slice(offset, offset + limit));
    },
    seek: (from: Parameters<NonNullable<PageSource['seek']>>[0], limit: number) => {
      const key = Number(Object.values(from ?? {}).find((value) => Array.isArray(value))?.[0] ?? 0);
      const isIn = (row: number): boolean => {
        if (!from) return true;
        if (from.isInclusive && row === key) return true;
        return from.side === 'after' ? row > key : row < key;
      };
      const found = rows.filter(isIn);
      if (from?.side === 'before') found.reverse();
      return Promise.resolve(found.slice(0, limit).map((row) => rowAt(row)));
    },
  };
  return source;
}

/** A row with its cursor, in the form of the port. */
function rowAt(row: number): never {
  return { row, cursor: [row] } as never;
}

describe('a positive integer', () => {
  it('is read from a number or its digits, and nothing else', () => {
    expect([1, '1', '007'].map(positive)).toEqual([1, 1, 7]);
    for (const value of [
      0,
      -1,
      1.5,
      '',
      '-1',
      '1.5',
      '1e3',
      ' 1',
      null,
      undefined,
      {},
      [1],
      Number.NaN,
      Infinity,
      '9'.repeat(16),
    ])
      expect(positive(value)).toBeUndefined();
  });
});

describe('page-number pagination', () => {
  const paginate = (count: number, query: Record<string, unknown>) =>
    new PageNumberPagination().paginate(sourceOf(count), scopeOf(query), LIMITS);

  it('gives each row once over all pages', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.integer({ min: 1, max: 9 }), async (count, size) => {
        const seen: unknown[] = [];
        for (let page: number | null = 1; page !== null;) {
          const answer = await paginate(count, { page, page_size: size });
          expect(answer).toMatchObject({ count, previous_page: page > 1 ? page - 1 : null });
          seen.push(...answer.results);
          page = answer.next_page;
        }
        expect(seen).toEqual(Array.from({ length: count }, (_, index) => index + 1));
      }),
    );
  });

  it('takes an invalid page for the first, and one past the end for the last', async () => {
    for (const page of ['x', 0, -3, null, {}])
      expect(await paginate(7, { page })).toMatchObject({ results: [1, 2, 3] });
    expect(await paginate(7, { page: 99 })).toMatchObject({ results: [7], next_page: null, previous_page: 2 });
  });

  it('reads nothing of an empty list', async () => {
    const source = sourceOf(0);
    const page = await new PageNumberPagination().paginate(source, scopeOf({}), LIMITS);
    expect(page).toEqual({ count: 0, next_page: null, previous_page: null, results: [] });
    expect(source.slices).toBe(0);
  });

  it('caps the page size', async () => {
    expect((await paginate(9, { page_size: 1_000 })).results).toHaveLength(LIMITS.maxPageSize);
  });

  it('knows the next page without counting', async () => {
    class Uncounted extends PageNumberPagination {
      override readonly countMode = 'none';
    }
    const at = (page: number) => new Uncounted().paginate(sourceOf(6), scopeOf({ page }), LIMITS);
    expect(await at(1)).toEqual({ count: null, next_page: 2, previous_page: null, results: [1, 2, 3] });
    expect(await at(2)).toEqual({ count: null, next_page: null, previous_page: 1, results: [4, 5, 6] });
    expect(await at(3)).toEqual({ count: null, next_page: null, previous_page: 2, results: [] });
  });
});

describe('a count that is not exact', () => {
  class Capped extends PageNumberPagination {
    override readonly countMode: CountMode = 'capped';
    override readonly countLimit = 10;
  }
  class Estimated extends Capped {
    override readonly countMode = 'estimated';
  }
  const last = { next_page: null, previous_page: 5, results: [16, 17] };

  it('is exact up to its limit', async () => {
    for (const pagination of [new Capped(), new Estimated()]) {
      const at = (page: number) => pagination.paginate(sourceOf(10), scopeOf({ page }), LIMITS);
      expect(await at(1)).toEqual({ count: 10, next_page: 2, previous_page: null, results: [1, 2, 3] });
      expect(await at(9)).toEqual({ count: 10, next_page: null, previous_page: 3, results: [10] });
    }
  });

  it('says "at least" beyond it, and pages go on to the end', async () => {
    const at = (page: number) => new Capped().paginate(sourceOf(17), scopeOf({ page }), LIMITS);
    const rough = { count: 10, count_is: 'at_least' };
    expect(await at(5)).toEqual({ ...rough, next_page: 6, previous_page: 4, results: [13, 14, 15] });
    expect(await at(6)).toEqual({ ...rough, ...last });
    expect(await at(9)).toEqual({ ...rough, next_page: null, previous_page: 8, results: [] });
  });

  it('is what the store estimates, and never less than was counted', async () => {
    const page = new Estimated().paginate(sourceOf(17), scopeOf({ page: 6 }), LIMITS);
    expect(await page).toEqual({ count: 19, count_is: 'estimated', ...last });
    const low = { ...sourceOf(17), estimate: () => Promise.resolve(3) };
    expect(await new Estimated().paginate(low, scopeOf({}), LIMITS)).toMatchObject({ count: 10 });
    const silent = { ...sourceOf(17), estimate: () => Promise.resolve(undefined) };
    expect(await new Estimated().paginate(silent, scopeOf({}), LIMITS)).toMatchObject({ count_is: 'at_least' });
  });

  it('is read beside the rows', async () => {
    const begun: string[] = [];
    const begin = <T>(what: string, answer: T): Promise<T> => {
      begun.push(what);
      return new Promise((resolve) => setImmediate(() => resolve(answer)));
    };
    const source = { count: () => begin('count', 99), slice: () => begin('slice', [1]), isConcurrent: true };
    const reading = new Capped().paginate(source, scopeOf({}), LIMITS);
    expect(begun.toSorted()).toEqual(['count', 'slice']);
    await reading;
  });
});

describe('limit-offset pagination', () => {
  it('gives each row once over all offsets', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.integer({ min: 1, max: 9 }), async (count, limit) => {
        const seen: unknown[] = [];
        for (let offset: number | null = 0; offset !== null;) {
          const page = await new LimitOffsetPagination().paginate(sourceOf(count), scopeOf({ limit, offset }), LIMITS);
          seen.push(...page.results);
          offset = page.next_offset;
        }
        expect(seen).toEqual(Array.from({ length: count }, (_, index) => index + 1));
      }),
    );
  });

  it('names no offset below 0', async () => {
    const page = await new LimitOffsetPagination().paginate(sourceOf(9), scopeOf({ limit: 4, offset: 2 }), LIMITS);
    expect(page).toMatchObject({ previous_offset: 0, next_offset: 6, results: [3, 4, 5, 6] });
  });
});

describe('cursor pagination', () => {
  const pagination = new CursorPagination();
  const read = (cursor: string | null, count = 8, order = 'id', namespace = 'issues'): Promise<CursorPage> =>
    pagination.paginate(sourceOf(count, order), scopeOf(cursor === null ? {} : { cursor }, namespace), LIMITS);

  it('reads forwards to the end and back to the beginning', async () => {
    const first = await read(null);
    const second = await read(first.next);
    const third = await read(second.next);
    expect([first.results, second.results, third.results]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8],
    ]);
    expect([first.previous, third.next]).toEqual([null, null]);
    const back = await read(third.previous);
    expect(back.results).toEqual([4, 5, 6]);
    const beginning = await read(back.previous);
    expect(beginning.results).toEqual([1, 2, 3]);
    expect(beginning.previous).toBeNull();
  });

  it('reveals nothing of the row, and is new each time', async () => {
    const cursors = await Promise.all([read(null), read(null)]);
    expect(cursors[0].next).not.toBe(cursors[1].next);
    expect(Buffer.from(cursors[0].next ?? '', 'base64url').toString('latin1')).not.toContain('[3]');
  });

  it('refuses a cursor that was altered, made up, or made for another namespace or ordering', async () => {
    const { next } = await read(null);
    const flipped = Buffer.from(next ?? '', 'base64url');
    flipped[flipped.length - 1] ^= 1;
    const refused = { errors: { cursor: [expect.any(String)] } };
    await expect(read(flipped.toString('base64url'))).rejects.toMatchObject(refused);
    await expect(read('bm90IGEgY3Vyc29y')).rejects.toMatchObject(refused);
    await expect(read(next, 8, '-id')).rejects.toMatchObject(refused);
    await expect(read(next, 8, 'id', 'users')).rejects.toMatchObject(refused);
  });

  it('refuses an order that it cannot continue', async () => {
    const { order: _order, ...source } = sourceOf(3);
    await expect(pagination.paginate(source, scopeOf({}), LIMITS)).rejects.toMatchObject({
      errors: { ordering: [expect.any(String)] },
    });
  });
});
