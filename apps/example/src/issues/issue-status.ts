// Shows a list of values that serves as type, validation rule and columns of the board.

/** The columns of the board, from left to right. */
export const ISSUE_STATUSES = ['open', 'doing', 'done'] as const;
export type IssueStatus = (typeof ISSUE_STATUSES)[number];
