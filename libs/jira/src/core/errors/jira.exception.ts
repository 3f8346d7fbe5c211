// What hooks, permissions and stores throw: a Nest HttpException with a code of the protocol's table.

import { HttpException } from '@nestjs/common';
import { CODES, type Code } from 'nestjs-jira-protocol';

/** Messages by input field; nested fields by dotted path, the row as a whole under `''`. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

export interface JiraExceptionOptions {
  /** The cause: logged, never sent. */
  readonly cause?: unknown;
  readonly errors?: FieldErrors;
  /** @default the status of the code */
  readonly status?: number;
  /** Extra members of the error's `data`, e.g. the current row of a version conflict. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An error with a code; answered with the code's status, its message and its field errors. */
export class JiraException extends HttpException {
  readonly errors?: FieldErrors;
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

/** A row that does not exist or that the caller may not see; both look the same. Status 404, code `NOT_FOUND`. */
export class RowNotFoundException extends JiraException {
  constructor(message = 'Not found.') {
    super('NOT_FOUND', message);
  }
}
