// The one error of the client: what the server answered, or why no answer came.

import { CODES, codeForStatus, type AnswerFrame, type Code, type ErrorData } from 'nestjs-jira-protocol';

/** Codes the client gives itself; their `status` is 0. True = the same request may succeed later. */
export const CLIENT_CODES = {
  /** No connection came about within the request's time. It was not sent. */
  NOT_CONNECTED: true,
  /** More requests wait to be sent than `maxQueuedRequests`. It was not sent. */
  QUEUE_FULL: true,
  /** The request is no JSON, or its namespace is a name of Socket.IO's own. */
  UNSENDABLE: false,
  /** Sent, but no answer within `timeoutMs`. A write may or may not have happened. */
  REQUEST_TIMEOUT: true,
  /** Sent, but the connection ended before the answer. A write may or may not have happened. */
  CONNECTION_LOST: true,
  /** The `AbortSignal` fired, or the request was cancelled. */
  ABORTED: false,
  /** `close()` was called. */
  CLOSED: false,
  /** The `auth` function failed. */
  AUTH_FAILED: true,
  /** The server refused the handshake without saying a code. */
  CONNECTION_REFUSED: false,
  /** A stream's items came faster than they were taken. */
  STREAM_OVERFLOW: false,
  /** The answer is no frame of this protocol. */
  MALFORMED_ANSWER: false,
} as const satisfies Record<string, boolean>;

export type ClientCode = keyof typeof CLIENT_CODES;

export interface JiraClientErrorOptions {
  /** A code of the protocol's table, of `CLIENT_CODES`, or an application's own. */
  readonly code: Code | ClientCode | (string & {});
  /** @default 0, no answer of the server */
  readonly status?: number;
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  readonly requestId?: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** Why a request, a subscription or the connection failed. */
export class JiraClientError extends Error {
  override readonly name = 'JiraClientError';
  readonly code: Code | ClientCode | (string & {});
  /** The answer's status; 0 when the failure is the client's own. */
  readonly status: number;
  /** Messages by input field; nested fields by dotted path. */
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  readonly requestId?: string;
  /** True when the same request may succeed later. Says nothing of whether a lost write happened. */
  readonly retryable: boolean;

  constructor(message: string, options: JiraClientErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.status = options.status ?? 0;
    this.errors = options.errors;
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
    requestId: frame.requestId,
  });
}

/** The error of a refused handshake: `refusal` is Socket.IO's `connect_error`. */
export function errorOfRefusal(refusal: Error & { data?: unknown }): JiraClientError {
  const data = refusal.data as { code?: unknown; status?: unknown } | null | undefined;
  return new JiraClientError(refusal.message || 'The server refused the connection.', {
    code: typeof data?.code === 'string' ? data.code : 'CONNECTION_REFUSED',
    status: typeof data?.status === 'number' ? data.status : 0,
    cause: refusal,
  });
}

/** An application's own code is as retryable as its status. */
function isRetryable(code: string, status: number): boolean {
  if (Object.hasOwn(CODES, code)) return CODES[code as Code].retryable;
  if (Object.hasOwn(CLIENT_CODES, code)) return CLIENT_CODES[code as ClientCode];
  return CODES[codeForStatus(status)].retryable;
}

function isErrorData(data: unknown): data is ErrorData {
  return typeof data === 'object' && data !== null && 'code' in data && 'message' in data;
}
