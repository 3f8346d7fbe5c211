// Reads a page of rows together with the count, in the pagination's count mode.

import { readOneMore, type CountIs, type Pagination, type PageSource } from './pagination.js';

export interface CountedRows {
  /** `null` if the pagination does not count. */
  readonly count: number | null;
  /** Absent if the count is exact. */
  readonly countIs?: CountIs;
  readonly results: readonly unknown[];
  readonly hasMore: boolean;
}

type Counting = Pick<Pagination, 'countMode' | 'countLimit'>;

export async function readCounted(
  source: PageSource,
  counting: Counting,
  offset: number,
  limit: number,
): Promise<CountedRows> {
  if (counting.countMode === 'none') return { count: null, ...(await readOneMore(source, offset, limit)) };
  if (counting.countMode === 'exact') return readExact(source, offset, limit);
  const reading = source.isConcurrent ? readOneMore(source, offset, limit) : undefined;
  const [total, early] = await Promise.all([roughly(source, counting), reading]);
  return { ...total, ...(early ?? (await readOneMore(source, offset, limit))) };
}

async function readExact(source: PageSource, offset: number, limit: number): Promise<CountedRows> {
  const both = source.sliceAndCount && (await source.sliceAndCount(offset, limit));
  if (both) return { ...both, hasMore: offset + limit < both.count };
  const read = (): Promise<unknown[]> => source.slice(offset, limit);
  const [count, early] = await Promise.all([source.count(), source.isConcurrent ? read() : undefined]);
  return { count, results: offset < count ? (early ?? (await read())) : [], hasMore: offset + limit < count };
}

async function roughly(
  source: PageSource,
  { countMode, countLimit }: Counting,
): Promise<{ count: number; countIs?: CountIs }> {
  const count = await source.count(countLimit);
  if (count <= countLimit) return { count };
  const estimate = countMode === 'estimated' ? await source.estimate?.() : undefined;
  if (estimate === undefined) return { count: countLimit, countIs: 'at_least' };
  return { count: Math.max(countLimit, Math.round(estimate)), countIs: 'estimated' };
}
