// Converts any thrown value into the status and data of an answer.

import type { HttpException } from '@nestjs/common';
import { codeForStatus, type ErrorData } from 'nestjs-jira-protocol';
import { isRecord } from '../support/is-record.js';
import { JiraException } from './jira.exception.js';
import { exceptionOf, fieldErrors, isFieldErrors, isInvalidProperties } from './thrown.js';

/** Turns an error of a library, such as a database driver, into a JiraException; returns `undefined` for any other error. */
export type ErrorTranslator = (error: unknown) => JiraException | undefined;

/** Injection token of the translators. */
export const TRANSLATORS = Symbol('jira error translators');

export interface ErrorAnswer {
  readonly status: number;
  readonly data: ErrorData & Readonly<Record<string, unknown>>;
  /** Whether to log the error with its cause. */
  readonly isUnexpected: boolean;
}

/** A 5xx reveals only the request's id, unless it is a JiraException with a code other than `INTERNAL`. Never throws. */
export function errorAnswer(error: unknown, requestId: string, translators: readonly ErrorTranslator[]): ErrorAnswer {
  try {
    const known = exceptionOf(error) ?? translated(error, translators);
    return known ? answerOf(known, requestId) : internal(requestId);
  } catch {
    return internal(requestId); // an exception whose own getters throw
  }
}

/** Completes the data of an error that the application answered itself with the code and the message that clients rely on. */
export function withCodeAndMessage(status: number, data: unknown): Readonly<Record<string, unknown>> {
  const own = isRecord(data) ? data : typeof data === 'string' ? { message: data } : data === null ? {} : { data };
  const { code, message } = own as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && typeof message === 'string') return own;
  return {
    ...own,
    code: typeof code === 'string' ? code : codeForStatus(status),
    message: typeof message === 'string' ? message : `The request was answered ${status}.`,
  };
}

function translated(error: unknown, translators: readonly ErrorTranslator[]): JiraException | undefined {
  for (const translate of translators) {
    const exception = translate(error);
    if (exception) return exception;
  }
  return undefined;
}

function answerOf(exception: HttpException, requestId: string): ErrorAnswer {
  const status = statusOf(exception);
  if (exception instanceof JiraException) {
    const { code, message, errors, details } = exception;
    if (status >= 500 && code === 'INTERNAL') return internal(requestId);
    return { status, data: { ...details, code, message, ...(errors && { errors }) }, isUnexpected: false };
  }
  if (status >= 500) return internal(requestId, status);
  return { status, data: dataOf(exception, status), isUnexpected: false };
}

function internal(requestId: string, status = 500): ErrorAnswer {
  const message = `Server error (request ${requestId}).`;
  return { status, data: { code: codeForStatus(status), message }, isUnexpected: true };
}

function statusOf(error: HttpException): number {
  const status: unknown = error.getStatus();
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : 500;
}

/** Nest's exceptions carry a string or an object. ValidationPipe's carry a list of messages or of ValidationErrors. */
function dataOf(exception: HttpException, status: number): ErrorAnswer['data'] {
  const response: unknown = exception.getResponse();
  const body = typeof response === 'object' && response !== null ? (response as Record<string, unknown>) : {};
  const list = Array.isArray(response) ? response : body['message'];
  if (Array.isArray(list)) {
    const code = status === 400 || status === 422 ? 'VALIDATION_FAILED' : codeForStatus(status);
    const errors = isInvalidProperties(list) ? fieldErrors(list) : { '': list.map(String) };
    return { code, message: 'Some fields are invalid.', errors };
  }
  const { code, message, errors } = body;
  return {
    code: typeof code === 'string' ? code : codeForStatus(status),
    message: typeof message === 'string' ? message : typeof response === 'string' ? response : exception.message,
    ...(isFieldErrors(errors) && { errors }),
  };
}
