// Reads whatever was thrown: JavaScript can throw anything, even objects whose getters throw again.

import { HttpException } from '@nestjs/common';
import { databaseErrorTitle } from './database-error.js';
import { JiraException, ValidationException, type FieldErrors } from './jira.exception.js';

/** The part of class-validator's ValidationError that is read here. */
export interface InvalidProperty {
  readonly property: string;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly InvalidProperty[];
}

/** Nest's WsException and RpcException: `getError()` returns their content. */
interface MessageException extends Error {
  getError(): unknown;
}

/** Nested errors by dotted path: `items.0.title`. */
export function fieldErrors(errors: readonly InvalidProperty[]): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  const collect = (list: readonly InvalidProperty[], prefix: string): void => {
    for (const error of list) {
      const path = prefix + error.property;
      const messages = Object.values(error.constraints ?? {});
      if (messages.length > 0) (result[path] ??= []).push(...messages);
      if (error.children) collect(error.children, `${path}.`);
    }
  };
  collect(errors, '');
  return result;
}

export function isInvalidProperties(value: unknown): value is InvalidProperty[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item: unknown) => {
      const { property, constraints, children } = (item ?? {}) as Record<string, unknown>;
      return typeof property === 'string' && (constraints !== undefined || Array.isArray(children));
    })
  );
}

/** Text for a log: stack and causes. A database error's message may quote a row, so its code takes its place. Never throws. */
export function describeThrown(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return String(thrown);
    const cause = thrown.cause === undefined ? '' : `\nCaused by: ${describeThrown(thrown.cause)}`;
    return (withoutValues(thrown) ?? thrown.stack ?? thrown.message) + cause;
  } catch {
    return 'something that cannot be printed';
  }
}

function withoutValues(error: Error): string | undefined {
  const title = databaseErrorTitle(error);
  if (title === undefined) return undefined;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
  return [title, ...frames].join('\n');
}

/** The exception for a thrown value of a known kind; undefined for anything unexpected. */
export function exceptionOf(thrown: unknown): HttpException | undefined {
  if (thrown instanceof HttpException) return thrown;
  // validateOrReject() rejects with a bare array.
  if (isInvalidProperties(thrown)) return new ValidationException(fieldErrors(thrown), undefined, thrown);
  if (isAbort(thrown)) return new JiraException('CANCELLED', 'The request was aborted.', { cause: thrown });
  if (isTimeout(thrown)) return new JiraException('TIMEOUT', 'The operation timed out.', { cause: thrown });
  return isMessageException(thrown) ? ofMessage(thrown) : undefined;
}

function ofMessage(exception: MessageException): JiraException {
  const said = exception.getError();
  if (typeof said !== 'object' || said === null) return new JiraException('BAD_REQUEST', exception.message);
  const { code, status, errors } = said as { code?: unknown; status?: unknown; errors?: unknown };
  const isRefusal = typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599;
  return new JiraException(typeof code === 'string' ? code : 'BAD_REQUEST', exception.message, {
    ...(isRefusal && { status }),
    ...(isFieldErrors(errors) && { errors }),
    cause: exception,
  });
}

export function isFieldErrors(value: unknown): value is FieldErrors {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((list) => Array.isArray(list) && list.every((item) => typeof item === 'string'))
  );
}

function isMessageException(value: unknown): value is MessageException {
  return value instanceof Error && typeof (value as Partial<MessageException>).getError === 'function';
}

/** What `AbortController.abort()` without a reason, `fetch` and Node's timers reject with. */
function isAbort(value: unknown): boolean {
  return value instanceof Error && value.name === 'AbortError';
}

/** `AbortSignal.timeout()` and RxJS's `timeout`. */
function isTimeout(value: unknown): boolean {
  return value instanceof Error && value.name === 'TimeoutError';
}
