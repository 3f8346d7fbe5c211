// What of a database error may go to a log: its code and the names of the schema, never the values of a row.

/** An error of a driver or of TypeORM. */
interface DatabaseError extends Error {
  readonly code?: unknown;
  readonly driverError?: unknown;
  readonly constraint?: unknown;
  readonly table?: unknown;
  readonly column?: unknown;
}

const NAMES = ['code', 'table', 'column', 'constraint'] as const;

/** A title such as `QueryFailedError: code 23505, table issue, constraint issue_title`; `undefined` for other errors. */
export function databaseErrorTitle(error: Error): string | undefined {
  if (!isOfDatabase(error)) return undefined;
  const { driverError } = error as DatabaseError;
  const source = (driverError instanceof Error ? driverError : error) as DatabaseError;
  const parts = NAMES.flatMap((name) => (typeof source[name] === 'string' ? [`${name} ${source[name]}`] : []));
  return `${error.name}: ${parts.join(', ') || 'no code'}`;
}

/** TypeORM's errors carry the driver's error; those of the MySQL and PostgreSQL drivers have fields of their own. */
function isOfDatabase(error: Error): boolean {
  return 'driverError' in error || 'sqlMessage' in error || ('severity' in error && 'routine' in error);
}
