// All pages of a list, or as many as are needed, whatever its pagination.

import type { Query } from 'nestjs-jira-protocol';

export interface ReadPages {
  readonly rows: readonly unknown[];
  /** All pages were read. */
  readonly isWhole: boolean;
  /** A row that left the list meanwhile may have moved others to a page that had been read. */
  readonly isSliding: boolean;
}

/** Rows a page where all are needed; the server may give fewer. */
const PAGE_SIZE = 100;

type Page = Readonly<Record<string, unknown>>;

/**
 * @param isEnough whether these first rows are all that is needed
 * @param pageSize rows a page after the first
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
    // Pages of another size begin elsewhere.
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

/** What to ask for the next page; undefined if there is none. */
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
