// `?page=2&page_size=16` → count, neighbours and results, in djira's form.

import { Injectable } from '@nestjs/common';
import type { HookScope } from '../../core/scope/scope.js';
import { readCounted, type CountedRows } from './count-rows.js';
import { Pagination, positive, type CountIs, type PageLimits, type PageSource } from './pagination.js';

/** A page of `PageNumberPagination`. */
export interface NumberedPage {
  /** Total number of rows; `null` if the pagination does not count. */
  readonly count: number | null;
  /** How the count relates to the real number; absent if it is exact. */
  readonly count_is?: CountIs;
  /** Pass it as `page` to get the next page; `null` on the last one. */
  readonly next_page: number | null;
  /** Pass it as `page` to get the previous page; `null` on the first one. */
  readonly previous_page: number | null;
  /** Rows as the client sees them. */
  readonly results: readonly unknown[];
}

/**
 * Pages by number. An invalid page means the first, a page past the end means the last. Without an exact count the end is
 * unknown, and a page past it is empty.
 */
@Injectable()
export class PageNumberPagination extends Pagination {
  readonly queryKeys: readonly string[] = ['page', 'page_size'];

  async paginate(source: PageSource, scope: HookScope, limits: PageLimits): Promise<NumberedPage> {
    const size = Math.min(positive(scope.query['page_size']) ?? limits.pageSize, limits.maxPageSize);
    const asked = positive(scope.query['page']) ?? 1;
    const found = await readCounted(source, this, (asked - 1) * size, size);
    const last = isExact(found) ? Math.max(1, Math.ceil(found.count / size)) : asked;
    if (asked <= last || found.count === 0) return page(found, Math.min(asked, last), found.hasMore);
    return page({ ...found, results: await source.slice((last - 1) * size, size) }, last, false);
  }
}

function isExact(rows: CountedRows): rows is CountedRows & { readonly count: number } {
  return rows.count !== null && rows.countIs === undefined;
}

function page({ count, countIs, results }: CountedRows, number: number, hasNext: boolean): NumberedPage {
  return {
    count,
    ...(countIs && { count_is: countIs }),
    next_page: hasNext ? number + 1 : null,
    previous_page: number > 1 ? number - 1 : null,
    results,
  };
}
