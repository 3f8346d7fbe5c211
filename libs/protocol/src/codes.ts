// The table of error codes: the status of each, and whether the same request may succeed later.

export interface CodeEntry {
  /** The status of an answer with this code. */
  readonly status: number;
  /** True if repeating the same request may succeed. */
  readonly retryable: boolean;
}

/** Every error code of the protocol. docs/errors.md says what each means and what to do about it. */
export const CODES = {
  BAD_REQUEST: { status: 400, retryable: false },
  MALFORMED_FRAME: { status: 400, retryable: false },
  VALIDATION_FAILED: { status: 400, retryable: false },
  UNAUTHENTICATED: { status: 401, retryable: false },
  SESSION_EXPIRED: { status: 401, retryable: false },
  PERMISSION_DENIED: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  UNKNOWN_NAMESPACE: { status: 404, retryable: false },
  UNKNOWN_ACTION: { status: 404, retryable: false },
  UNKNOWN_PATH: { status: 404, retryable: false },
  UNKNOWN_SUBSCRIPTION: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  CANCELLED: { status: 409, retryable: false },
  CONFLICT: { status: 409, retryable: false },
  DUPLICATE_REQUEST: { status: 409, retryable: false },
  KEY_IN_FLIGHT: { status: 409, retryable: true },
  VERSION_CONFLICT: { status: 409, retryable: false },
  FRAME_TOO_LARGE: { status: 413, retryable: false },
  ANSWER_TOO_LARGE: { status: 413, retryable: false },
  UNPROCESSABLE: { status: 422, retryable: false },
  TOO_MANY_REQUESTS: { status: 429, retryable: true },
  TOO_MANY_SUBSCRIPTIONS: { status: 429, retryable: false },
  TOO_MANY_ROOMS: { status: 429, retryable: false },
  TOO_MANY_CONNECTIONS: { status: 429, retryable: true },
  SLOW_CLIENT: { status: 429, retryable: true },
  INTERNAL: { status: 500, retryable: false },
  UNAVAILABLE: { status: 503, retryable: true },
  STREAM_OVERFLOW: { status: 503, retryable: false },
  DATABASE_UNAVAILABLE: { status: 503, retryable: true },
  OUTCOME_UNKNOWN: { status: 503, retryable: false },
  LOCK_TIMEOUT: { status: 503, retryable: true },
  TIMEOUT: { status: 504, retryable: true },
} as const satisfies Record<string, CodeEntry>;

/** An error code of the table. */
export type Code = keyof typeof CODES;

const BY_STATUS: Readonly<Record<number, Code>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  409: 'CONFLICT',
  413: 'FRAME_TOO_LARGE',
  422: 'UNPROCESSABLE',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'TIMEOUT',
};

/** Returns the most general code for a status: `BAD_REQUEST` for an unlisted 4xx, `INTERNAL` for any other unlisted status. */
export function codeForStatus(status: number): Code {
  return BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'BAD_REQUEST' : 'INTERNAL');
}
