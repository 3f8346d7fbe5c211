// What the headers of a subscribe ask for, of a client that may come back.

import type { Query } from 'nestjs-jira-protocol';
import { ValidationException } from '../../core/errors/jira.exception.js';
import type { HookScope } from '../../core/scope/scope.js';
import { isRecord } from '../../core/support/is-record.js';
import type { ReadOnce, ResumeRequest } from '../delivery/resumption.js';

/** Reads the rows of a hook as its `list` answers them. */
export type ReadSnapshot = (scope: HookScope, query: Query, once?: ReadOnce) => Promise<unknown>;

/** A token is a signature and a position; anything much longer is none. */
const MAX_LENGTH = 512;

/** `undefined` for clients that do not ask. Throws a ValidationException for headers of another form. */
export function resumeRequestOf(scope: HookScope, readSnapshot: ReadSnapshot | undefined): ResumeRequest | undefined {
  const { headers, connection } = scope;
  const { resume, snapshot } = headers;
  if ((resume === undefined && snapshot === undefined) || connection.dialect !== 'jira') return undefined;
  const { position, silentMs } = headers;
  const errors: Record<string, string[]> = {};
  if (!isText(resume)) errors['resume'] = ['Must be the token of a subscribe, or null.'];
  if (!isText(position)) errors['position'] = ['Must be a position.'];
  if (!isTime(silentMs)) errors['silentMs'] = ['Must be a number of milliseconds.'];
  if (snapshot !== undefined && snapshot !== true && !isRecord(snapshot))
    errors['snapshot'] = ['Must be true, or the query of a list.'];
  else if (snapshot !== undefined && !readSnapshot) errors['snapshot'] = ['These rows have no list.'];
  if (Object.keys(errors).length > 0) throw new ValidationException(errors);
  return {
    ...(typeof resume === 'string' && { token: resume }),
    ...(typeof position === 'string' && { position }),
    ...(typeof silentMs === 'number' && { silentMs }),
    ...(snapshot !== undefined && {
      snapshot: (once) =>
        (readSnapshot as ReadSnapshot)(scope, snapshot === true ? scope.query : (snapshot as Query), once),
    }),
  };
}

function isText(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.length <= MAX_LENGTH);
}

function isTime(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0);
}
