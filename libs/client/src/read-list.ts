// Reads the answer to a list, with any pagination.

export interface ReadList {
  readonly rows: readonly unknown[];
  /** Whether these are all the rows. */
  readonly isWhole: boolean;
  /** Whether the rows came as a page, which holds a limited number of them. */
  readonly isPage: boolean;
  /** How many rows match. `null` if the page does not give an exact count. */
  readonly count: number | null;
}

/** The keys that name a page's neighbours: page numbers, offsets or cursors. Their value is `null` if there is no neighbour. */
const NEIGHBOURS = [
  ['previous_page', 'next_page'],
  ['previous_offset', 'next_offset'],
  ['previous', 'next'],
] as const;

/** Reads a list or a page. A page of an unknown form is never whole. Throws a `TypeError` if the output is not a list. */
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
