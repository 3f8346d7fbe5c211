// A request as the rest of the client sees it: its content, its outcome and how to handle it.

import type { AnswerFrame, Method, Query, RequestFrame } from 'nestjs-jira-protocol';
import type { JiraClientError } from './errors.js';

/** The content of a request. */
export interface Call {
  readonly namespace: string;
  readonly action: string;
  readonly method: Method;
  /** Whether `method` is a guess. If the action accepts another method, the client repeats the request with that one. */
  readonly isMethodAssumed?: boolean;
  readonly data?: unknown;
  readonly query?: Query;
  readonly headers?: Query;
  readonly signal?: AbortSignal;
  /** Undefined means no limit once the request is sent. Until then, the client's default applies. */
  readonly timeoutMs?: number;
}

/** Callbacks for the outcome. They are called synchronously, so that a change right after an answer finds its subscription. */
export interface Outcome {
  done(frame: AnswerFrame): void;
  failed(error: JiraClientError): void;
  /** One item of a stream. */
  item?(frame: AnswerFrame): void;
  /** The answer to a request that has already failed here (timed out, aborted). */
  late?(frame: AnswerFrame): void;
}

/** How to handle a call. */
export interface Manner {
  /**
   * Whether the call is valid on this connection only. Such a call skips the queue, does not count towards its limit, and
   * fails when the connection is lost.
   */
  readonly isOfConnection?: boolean;
  /** A stream does not count as a request in flight. Its time limit restarts with each item. */
  readonly isStream?: boolean;
  /** Whether to hold the request until `release()` is called. */
  readonly isHeld?: boolean;
}

export interface OpenRequest {
  readonly id: string;
  /** Sends a held request. */
  release(): void;
  /** Fails the request with `error`, or else with `ABORTED`. Cancels it on the server if it was sent. */
  abort(reason?: unknown, error?: JiraClientError): void;
}

/** The connection to the server. */
export interface Link {
  readonly isConnected: boolean;
  /** Why there is no connection. Undefined while there is one. */
  readonly reason: JiraClientError | undefined;
  /** True if waiting is pointless, because the connection was refused or closed. */
  readonly isHopeless: boolean;
  emit(namespace: string, frame: RequestFrame, answer: (frame: unknown) => void): void;
}
