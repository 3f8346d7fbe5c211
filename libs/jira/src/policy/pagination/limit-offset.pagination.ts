// `?limit=20&offset=40` → count, neighbouring offsets and results.

import { Injectable } from '@nestjs/common';
import type { HookScope } from '../../core/scope/scope.js';
import { readCounted } from './count-rows.js';
import { Pagination, positive, type CountIs, type PageLimits, type PageSource } from './pagination.js';

/** A page of `LimitOffsetPagination`. */
export interface LimitOffsetPage {
  /** Total number of rows; `null` if the pagination does not count. */
  readonly count: number | null;
  /** How the count relates to the real number; absent if it is exact. */
  readonly count_is?: CountIs;
  /** Pass it as `offset` to get the next page; `null` on the last one. */
  readonly next_offset: number | null;
  /** Pass it as `offset` to get the previous page; `null` on the first one. */
  readonly previous_offset: number | null;
  /** Rows as the client sees them. */
  readonly results: readonly unknown[];
}

/** Pages by `limit` and `offset`. An invalid limit means the hook's page size, an invalid offset means 0. */
@Injectable()
export class LimitOffsetPagination extends Pagination {
  readonly queryKeys: readonly string[] = ['limit', 'offset'];

  async paginate(source: PageSource, scope: HookScope, limits: PageLimits): Promise<LimitOffsetPage> {
    const limit = Math.min(positive(scope.query['limit']) ?? limits.pageSize, limits.maxPageSize);
    const offset = positive(scope.query['offset']) ?? 0;
    const { count, countIs, results, hasMore } = await readCounted(source, this, offset, limit);
    return {
      count,
      ...(countIs && { count_is: countIs }),
      next_offset: hasMore ? offset + limit : null,
      previous_offset: offset > 0 ? Math.max(0, offset - limit) : null,
      results,
    };
  }
}
