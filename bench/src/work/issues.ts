// The rows that every server holds and every check expects.

export const SEEDED_ROWS = 1000;
export const PAGE_SIZE = 16;
/** A live list shows the first `LIST_SIZE` of `LISTED_ROWS` rows. */
export const LIST_SIZE = 20;
export const LISTED_ROWS = 10_000;
export const STATUSES = ['open', 'doing', 'done'] as const;
export type Status = (typeof STATUSES)[number];

/** Rows of one project, all of which an update by criteria changes. */
export const ROWS_OF_A_PROJECT = 10;
export const PROJECTS = SEEDED_ROWS / ROWS_OF_A_PROJECT;

export const AUDIENCES = 10;
/** The project that every audience may see. Audience `n` also sees project `n`. */
export const SHARED_PROJECT = 1000;

export interface IssueInput {
  readonly title: string;
  readonly description: string;
  readonly status: Status;
  readonly projectId: number;
  readonly assigneeId: number;
}

/** The fields of the seeded row with this id (1 to `SEEDED_ROWS`). */
export function seededIssue(id: number): IssueInput {
  return {
    title: `Issue number ${id}`,
    description: `What was seen, what was expected and how to get there, told for issue ${id} in a line.`,
    status: STATUSES[id % STATUSES.length],
    projectId: id % PROJECTS,
    assigneeId: id % 50,
  };
}

/** How many of the first `rows` seeded rows have this status. */
export function seededCount(status: Status, rows = SEEDED_ROWS): number {
  let count = 0;
  for (let id = 1; id <= rows; id++) if (seededIssue(id).status === status) count++;
  return count;
}

/** The ids on one page of the rows of a status, ordered by id. */
export function seededPage(status: Status, page: number): number[] {
  const ids: number[] = [];
  for (let id = 1; id <= SEEDED_ROWS; id++) if (seededIssue(id).status === status) ids.push(id);
  return ids.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
}

/** Describes what is wrong with a row as it arrived; `undefined` if nothing is. */
export function rowFault(row: unknown, expected: IssueInput, id?: number): string | undefined {
  if (typeof row !== 'object' || row === null) return `is ${String(row)}, not a row`;
  const fields = row as Record<string, unknown>;
  if (typeof fields.id !== 'number' || (id !== undefined && fields.id !== id)) return `has the id ${String(fields.id)}`;
  for (const [name, value] of Object.entries(expected))
    if (fields[name] !== value) return `has ${name} ${JSON.stringify(fields[name])}, not ${JSON.stringify(value)}`;
  for (const name of ['createdAt', 'updatedAt'])
    if (typeof fields[name] !== 'string') return `has ${name} ${JSON.stringify(fields[name])}`;
  return undefined;
}
