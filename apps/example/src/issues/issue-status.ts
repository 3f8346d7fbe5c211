/** The columns of the board, in their order. */
export const ISSUE_STATUSES = ['open', 'doing', 'done'] as const;
export type IssueStatus = (typeof ISSUE_STATUSES)[number];
