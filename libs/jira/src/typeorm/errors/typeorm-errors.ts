// Translates errors of TypeORM and the databases to exceptions for clients, with the field if the database tells which.

import {
  EntityNotFoundError,
  OptimisticLockVersionMismatchError,
  QueryFailedError,
  type EntityMetadata,
} from 'typeorm';
import { isDatabaseLoss } from '../../commits/connection-loss.js';
import type { ErrorTranslator } from '../../core/errors/error-answer.js';
import { JiraException, RowNotFoundException, type FieldErrors } from '../../core/errors/jira.exception.js';
import type { DataSources } from '../data-sources.js';
import { faultOf, type DatabaseFault } from './database-fault.js';

/** `undefined` for errors that are not refusals by the database. */
export function typeOrmErrorTranslator(dataSources: Pick<DataSources, 'all'>): ErrorTranslator {
  const entities = (): EntityMetadata[] => dataSources.all().flatMap(({ dataSource }) => dataSource.entityMetadatas);
  return (error) => {
    if (error instanceof EntityNotFoundError) return new RowNotFoundException();
    if (error instanceof OptimisticLockVersionMismatchError)
      return new JiraException('VERSION_CONFLICT', 'The row was modified by another request.', { cause: error });
    if (isDatabaseLoss(error)) return databaseLoss(error);
    if (!(error instanceof QueryFailedError)) return undefined;
    const fault = faultOf(error as QueryFailedError);
    return fault && exceptionFor(fault, fieldsOf(fault, entities()), error);
  };
}

/** For an error caused by a lost connection. */
export function databaseLoss(cause: unknown): JiraException {
  return cause instanceof QueryFailedError && /^COMMIT\b/i.test(cause.query)
    ? outcomeUnknown(cause)
    : new JiraException('DATABASE_UNAVAILABLE', 'The database is unavailable. Try again.', { cause });
}

/** For a connection that was lost before the COMMIT was answered. */
export function outcomeUnknown(cause: unknown): JiraException {
  const message = 'The database did not confirm the change. It may have been stored.';
  return new JiraException('OUTCOME_UNKNOWN', message, { cause });
}

function exceptionFor({ violation, isDelete }: DatabaseFault, fields: readonly string[], cause: Error): JiraException {
  const refusal = (code: string, message: string, hint: string): JiraException => {
    const errors: FieldErrors = Object.fromEntries(fields.map((field) => [field, [hint]]));
    return new JiraException(code, message, { cause, ...(fields.length > 0 && { errors }) });
  };
  switch (violation) {
    case 'unique':
      return refusal('CONFLICT', 'A row with this value already exists.', 'This value is already taken.');
    case 'foreignKey':
      return isDelete
        ? new JiraException('CONFLICT', 'Other rows still refer to this one.', { cause })
        : refusal('UNPROCESSABLE', 'A related row is missing.', 'This row does not exist.');
    case 'required':
      return refusal('UNPROCESSABLE', 'A required value is missing.', 'This value is required.');
    case 'check':
      return refusal('UNPROCESSABLE', 'The database does not allow this value.', 'This value is not allowed.');
    case 'tooLong':
      return refusal('UNPROCESSABLE', 'A value is too long.', 'This value is too long.');
    case 'invalid':
      return refusal('UNPROCESSABLE', 'A value does not fit its column.', 'This value does not fit.');
    case 'contention':
      return new JiraException('LOCK_TIMEOUT', 'Another request was writing the same rows. Try again.', { cause });
  }
}

/** The properties that the fault is about: those of the constraint that it names, or of the columns that it names. */
function fieldsOf({ table, columns, constraint }: DatabaseFault, entities: readonly EntityMetadata[]): string[] {
  if (constraint !== undefined) {
    for (const entity of entities) {
      const found = columnsOfConstraint(entity, constraint);
      if (found) return found;
    }
  }
  if (columns.length === 0) return [];
  const entity = entities.find(({ tableName, columns: own }) => {
    return tableName === table && columns.every((name) => own.some(({ databaseName }) => databaseName === name));
  });
  return entity ? columns.map((name) => propertyOf(entity, name)) : [];
}

function columnsOfConstraint(entity: EntityMetadata, name: string): string[] | undefined {
  const named = [...entity.uniques, ...entity.indices, ...entity.foreignKeys].find((one) => one.name === name);
  if (named) return named.columns.map((column) => propertyOf(entity, column.databaseName));
  const check = entity.checks.find((one) => one.name === name);
  if (!check) return undefined;
  // A check is SQL of the application: it is about the columns that it mentions.
  const mentioned = entity.columns.filter(({ databaseName }) =>
    check.expression.split(/[^\p{L}\p{N}_$]+/u).includes(databaseName),
  );
  return mentioned.map((column) => propertyOf(entity, column.databaseName));
}

/** The name that inputs use for a column. A join column without its own property goes by the name of its relation. */
function propertyOf(entity: EntityMetadata, databaseName: string): string {
  const column = entity.columns.find((one) => one.databaseName === databaseName);
  return (column?.isVirtual ? column.relationMetadata?.propertyPath : column?.propertyPath) ?? databaseName;
}
