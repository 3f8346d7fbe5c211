// The answer to a list, whatever its pagination.

export interface ReadList {
  readonly rows: readonly unknown[];
  /** These are all the rows there are. */
  readonly isWhole: boolean;
  /** They came as a page, which holds a limited number of rows. */
  readonly isPage: boolean;
  /** How many rows there are; null where the page does not say, or not exactly. */
  readonly count: number | null;
}

/** What names the neighbours of a page; `null` where there is none. Page numbers, offsets, cursors. */
const NEIGHBOURS = [
  ['previous_page', 'next_page'],
  ['previous_offset', 'next_offset'],
  ['previous', 'next'],
] as const;

/** A page of an unknown form is never whole. Throws a TypeError if it is no list. */
export function readList(output: unknown): ReadList {
  if (Array.isArray(output)) return { rows: output, isWhole: true, isPage: false, count: output.length };
  const page = output as Readonly<Record<string, unknown>> | null | undefined;
  const rows = page?.['results'];
  if (!page || !Array.isArray(rows)) {
    throw new TypeError('listen() needs a list: an array, or a page with "results".');
  }
  const isWhole = NEIGHBOURS.some(([previous, next]) => page[previous] === null && page[next] === null);
  const { count, count_is: countIs } = page;
  return { rows, isWhole, isPage: true, count: typeof count === 'number' && countIs === undefined ? count : null };
}
