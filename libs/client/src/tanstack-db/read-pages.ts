// Reads all pages of a list, or as many as needed, with any pagination.

import type { Query } from 'nestjs-jira-protocol';

export interface ReadPages {
  readonly rows: readonly unknown[];
  /** Whether all pages were read. */
  readonly isWhole: boolean;
  /** Whether rows may be missing: a row that left the list during the read may have moved others to an earlier page. */
  readonly isSliding: boolean;
}

/** Rows per page when all are needed. The server may return fewer. */
const PAGE_SIZE = 100;

type Page = Readonly<Record<string, unknown>>;

/**
 * Reads page after page until `isEnough`.
 *
 * @param isEnough returns whether these first rows are all that is needed
 * @param pageSize rows per page after the first
 */
export async function readPages(
  ask: (query: Query) => Promise<unknown>,
  query: Query,
  isEnough: (rows: readonly unknown[]) => boolean = () => false,
  pageSize = PAGE_SIZE,
): Promise<ReadPages> {
  let page = await ask(query);
  if (Array.isArray(page)) return { rows: page, isWhole: true, isSliding: false };
  let rows = resultsOf(page);
  if (followerOf(page as Page, pageSize)?.['page'] !== undefined && !isEnough(rows)) {
    // With another page size, pages begin at other rows, so read the first page again.
    page = await ask({ ...query, page_size: pageSize });
    rows = resultsOf(page);
  }
  let isSliding = false;
  for (
    let next = followerOf(page as Page, pageSize);
    next && !isEnough(rows);
    next = followerOf(page as Page, pageSize)
  ) {
    page = await ask({ ...query, ...next });
    isSliding ||= next['cursor'] === undefined;
    rows = rows.concat(resultsOf(page));
  }
  return { rows, isWhole: !followerOf(page as Page, pageSize), isSliding };
}

/** The query for the next page. Undefined if there is none. */
function followerOf({ next_page: page, next_offset: offset, next: cursor }: Page, size: number): Query | undefined {
  if (typeof page === 'number') return { page, page_size: size };
  if (typeof offset === 'number') return { offset, limit: size };
  return typeof cursor === 'string' ? { cursor, page_size: size } : undefined;
}

function resultsOf(page: unknown): readonly unknown[] {
  const rows = (page as Page | null | undefined)?.['results'];
  if (!Array.isArray(rows)) throw new TypeError('A collection needs a list: an array, or a page with "results".');
  return rows;
}
