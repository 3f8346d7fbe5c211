// `?page=2&page_size=16` → count, neighbours and results, as djira answers it.

import { Injectable } from '@nestjs/common';
import type { HookScope } from '../../core/scope/scope.js';
import { Pagination, positive, readOneMore, type PageLimits, type PageSource } from './pagination.js';

export interface NumberedPage {
  /** Total number of rows; `null` if the pagination does not count. */
  readonly count: number | null;
  readonly next_page: number | null;
  readonly previous_page: number | null;
  readonly results: readonly unknown[];
}

/**
 * An invalid page means the first, a page past the end means the last; neighbours are page numbers or `null`. Without a count
 * the end is unknown, and a page past it is empty.
 */
@Injectable()
export class PageNumberPagination extends Pagination {
  readonly queryKeys: readonly string[] = ['page', 'page_size'];

  async paginate(source: PageSource, scope: HookScope, limits: PageLimits): Promise<NumberedPage> {
    const size = Math.min(positive(scope.query['page_size']) ?? limits.pageSize, limits.maxPageSize);
    const asked = positive(scope.query['page']) ?? 1;
    if (!this.countRows) {
      const { results, hasMore } = await readOneMore(source, (asked - 1) * size, size);
      return page(null, asked, hasMore, results);
    }
    const read = (number: number): Promise<unknown[]> => source.slice((number - 1) * size, size);
    const [count, early] = await Promise.all([source.count(), source.isConcurrent ? read(asked) : undefined]);
    const last = Math.max(1, Math.ceil(count / size));
    const number = Math.min(asked, last);
    const results = count === 0 ? [] : ((number === asked ? early : undefined) ?? (await read(number)));
    return page(count, number, number < last, results);
  }
}

function page(count: number | null, number: number, hasNext: boolean, results: readonly unknown[]): NumberedPage {
  return {
    count,
    next_page: hasNext ? number + 1 : null,
    previous_page: number > 1 ? number - 1 : null,
    results,
  };
}
