// The exceptions that hooks, permissions and stores throw: Nest HttpExceptions with a code of the protocol.

import { HttpException } from '@nestjs/common';
import { CODES, type Code } from 'nestjs-jira-protocol';

/** Messages by input field. Nested fields have a dotted path, such as `items.0.title`; the row as a whole is `''`. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** What an exception carries besides its code and message. */
export interface JiraExceptionOptions {
  /** The original error. Never sent to clients. */
  readonly cause?: unknown;
  /** Messages by input field, sent with the error. */
  readonly errors?: FieldErrors;
  /** HTTP status of the answer. @default the status of the code; 400 for a code that the protocol does not define */
  readonly status?: number;
  /** Extra members of the error's `data`, such as the current row of a version conflict. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * An error with a code. Throw it in a hook, a permission or a store: the client gets the status, the code, the message and
 * the field errors.
 *
 * @example
 * throw new JiraException('CONFLICT', 'The issue is closed.');
 */
export class JiraException extends HttpException {
  /** Errors by field. */
  readonly errors?: FieldErrors;
  /** Extra members of the error's `data`. */
  readonly details?: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: Code | (string & {}),
    message: string,
    options: JiraExceptionOptions = {},
  ) {
    const status = options.status ?? (code in CODES ? CODES[code as Code].status : 400);
    super(message, status, { cause: options.cause });
    this.errors = options.errors;
    this.details = options.details;
  }
}

/** Invalid input or query, with the fields at fault. Status 400, code `VALIDATION_FAILED`. */
export class ValidationException extends JiraException {
  constructor(errors: FieldErrors, message = 'Some fields are invalid.', cause?: unknown) {
    super('VALIDATION_FAILED', message, { errors, cause });
  }
}

/** The row does not exist, or the caller may not see it: clients cannot tell which. Status 404, code `NOT_FOUND`. */
export class RowNotFoundException extends JiraException {
  constructor(message = 'Not found.') {
    super('NOT_FOUND', message);
  }
}
