// What a database's error may say in a log: its code and what it names of the schema, never the values of a row.

/** As drivers and TypeORM throw them. */
interface DatabaseError extends Error {
  readonly code?: unknown;
  readonly driverError?: unknown;
  readonly constraint?: unknown;
  readonly table?: unknown;
  readonly column?: unknown;
}

const NAMES = ['code', 'table', 'column', 'constraint'] as const;

/** Such as `QueryFailedError: code 23505, table issue, constraint issue_title`; `undefined` for other errors. */
export function databaseErrorTitle(error: Error): string | undefined {
  if (!isOfDatabase(error)) return undefined;
  const { driverError } = error as DatabaseError;
  const source = (driverError instanceof Error ? driverError : error) as DatabaseError;
  const parts = NAMES.flatMap((name) => (typeof source[name] === 'string' ? [`${name} ${source[name]}`] : []));
  return `${error.name}: ${parts.join(', ') || 'no code'}`;
}

/** TypeORM's have the driver's; MySQL's and PostgreSQL's own tell the statement's fault in fields of theirs. */
function isOfDatabase(error: Error): boolean {
  return 'driverError' in error || 'sqlMessage' in error || ('severity' in error && 'routine' in error);
}
