// Reads the headers of a subscribe request that make the subscription resumable.

import type { Query } from 'nestjs-jira-protocol';
import { ValidationException } from '../../core/errors/jira.exception.js';
import type { HookScope } from '../../core/scope/scope.js';
import { isRecord } from '../../core/support/is-record.js';
import type { ReadOnce, ResumeRequest } from '../delivery/resumption.js';

/** Reads the rows of a hook as its `list` would answer. */
export type ReadSnapshot = (scope: HookScope, query: Query, once?: ReadOnce) => Promise<unknown>;

/** A token is a signature and a position; longer text cannot be one. */
const MAX_LENGTH = 512;

/** `undefined` if the client did not ask for it. @throws ValidationException if a header has the wrong form */
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
