// The client's only error class. It holds the server's error, or says why there was no answer.

import { CODES, codeForStatus, type AnswerFrame, type Code, type ErrorData } from 'nestjs-jira-protocol';

/** Codes that the client sets itself. Their `status` is 0. The value is true if the same request may succeed later. */
export const CLIENT_CODES = {
  /** There was no connection within the request's time limit. The request was not sent. */
  NOT_CONNECTED: true,
  /** More requests are queued than `maxQueuedRequests` allows. This one was not sent. */
  QUEUE_FULL: true,
  /** The request is not JSON, or Socket.IO reserves its namespace. */
  UNSENDABLE: false,
  /** The request was sent but not answered within `timeoutMs`. A write may or may not have happened. */
  REQUEST_TIMEOUT: true,
  /** The request was sent, but the connection was lost before the answer. A write may or may not have happened. */
  CONNECTION_LOST: true,
  /** The `AbortSignal` fired, or the request was cancelled. */
  ABORTED: false,
  /** `close()` was called. */
  CLOSED: false,
  /** The `auth` function failed. */
  AUTH_FAILED: true,
  /** The server refused the handshake without a code. */
  CONNECTION_REFUSED: false,
  /** A stream's items arrived faster than they were read. */
  STREAM_OVERFLOW: false,
  /** The answer is not a frame of this protocol. */
  MALFORMED_ANSWER: false,
} as const satisfies Record<string, boolean>;

/** A code that the client sets itself. */
export type ClientCode = keyof typeof CLIENT_CODES;

/** The parts of a `JiraClientError`, for your own tests. */
export interface JiraClientErrorOptions {
  /** A code of the protocol's table, one of `CLIENT_CODES`, or an application's own. */
  readonly code: Code | ClientCode | (string & {});
  /** @default 0: the server did not answer */
  readonly status?: number;
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId?: string;
  /** @default as the code says, or else the status */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * Why a request, a subscription or the connection failed. Tell errors apart by `code`; `message` is for people.
 *
 * @example
 * if (error instanceof JiraClientError && error.code === 'VALIDATION_FAILED') showErrors(error.errors);
 */
export class JiraClientError extends Error {
  override readonly name = 'JiraClientError';
  /** A code of the protocol's table, one of `CLIENT_CODES`, or an application's own. */
  readonly code: Code | ClientCode | (string & {});
  /** The answer's status, or 0 if the client raised the error itself. */
  readonly status: number;
  /** Messages by input field. A nested field's key is its dotted path. */
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  /** The other members of the answer's error, such as the `current` row of a `VERSION_CONFLICT`. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The request's id. Look for it in the server's log. */
  readonly requestId?: string;
  /** True if the same request may succeed later. It does not say whether a lost write happened. */
  readonly retryable: boolean;

  constructor(message: string, options: JiraClientErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.status = options.status ?? 0;
    this.errors = options.errors;
    this.details = options.details;
    this.requestId = options.requestId;
    this.retryable = options.retryable ?? isRetryable(options.code, this.status);
  }
}

/** The error of an answer whose status is 400 or more. */
export function errorOfAnswer(frame: AnswerFrame): JiraClientError {
  const data = isErrorData(frame.data) ? frame.data : undefined;
  return new JiraClientError(data?.message ?? `The server answered ${frame.status}.`, {
    code: data?.code ?? codeForStatus(frame.status),
    status: frame.status,
    errors: data?.errors,
    details: data && detailsOf(data),
    requestId: frame.requestId,
  });
}

function detailsOf({
  code: _code,
  message: _message,
  errors: _errors,
  ...details
}: ErrorData): Readonly<Record<string, unknown>> | undefined {
  return Object.keys(details).length > 0 ? details : undefined;
}

/** The error of a refused handshake. `refusal` is Socket.IO's `connect_error`. */
export function errorOfRefusal(refusal: Error & { data?: unknown }): JiraClientError {
  const data = refusal.data as { code?: unknown; status?: unknown } | null | undefined;
  return new JiraClientError(refusal.message || 'The server refused the connection.', {
    code: typeof data?.code === 'string' ? data.code : 'CONNECTION_REFUSED',
    status: typeof data?.status === 'number' ? data.status : 0,
    cause: refusal,
  });
}

/** Whether a request that succeeded before may succeed again: its error is retryable, or the fault is the server's. */
export function isPassing({ retryable, status }: JiraClientError): boolean {
  return retryable || status >= 500;
}

/** A custom code is retryable if its status is. */
function isRetryable(code: string, status: number): boolean {
  if (Object.hasOwn(CODES, code)) return CODES[code as Code].retryable;
  if (Object.hasOwn(CLIENT_CODES, code)) return CLIENT_CODES[code as ClientCode];
  return CODES[codeForStatus(status)].retryable;
}

function isErrorData(data: unknown): data is ErrorData {
  return typeof data === 'object' && data !== null && 'code' in data && 'message' in data;
}
