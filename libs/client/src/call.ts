// A request as the rest of the client sees it: its content, its outcome, and how to treat it.

import type { AnswerFrame, Method, Query, RequestFrame } from 'nestjs-jira-protocol';
import type { JiraClientError } from './errors.js';

/** The content of a request. */
export interface Call {
  readonly namespace: string;
  readonly action: string;
  readonly method: Method;
  /** The application did not name the method: if the action takes another, that one is meant. */
  readonly isMethodAssumed?: boolean;
  readonly data?: unknown;
  readonly query?: Query;
  readonly headers?: Query;
  readonly signal?: AbortSignal;
  /** Undefined means no limit once it is sent; until then the client's default applies. */
  readonly timeoutMs?: number;
}

/** Callbacks for the outcome, called synchronously: a change that follows an answer must find its subscription. */
export interface Outcome {
  done(frame: AnswerFrame): void;
  failed(error: JiraClientError): void;
  /** One item of a stream. */
  item?(frame: AnswerFrame): void;
  /** The answer to a request that has already failed here (timed out, aborted). */
  late?(frame: AnswerFrame): void;
}

/** How to treat a call. */
export interface Manner {
  /** Valid on this connection only: it goes ahead of the queue, is exempt from its limit, and fails when the connection is lost. */
  readonly isOfConnection?: boolean;
  /** Does not count as a request in flight, and its time limit restarts with each item. */
  readonly isStream?: boolean;
  /** Waits until `release()`. */
  readonly isHeld?: boolean;
}

export interface OpenRequest {
  readonly id: string;
  /** Sends a held request. */
  release(): void;
  /** Fails it with `ABORTED` (or `error`); cancels it on the server if it was sent. */
  abort(reason?: unknown, error?: JiraClientError): void;
}

/** The connection to the server. */
export interface Link {
  readonly isConnected: boolean;
  /** Why there is no connection, if there is none. */
  readonly reason: JiraClientError | undefined;
  /** True if waiting is pointless: refused or closed. */
  readonly isHopeless: boolean;
  emit(namespace: string, frame: RequestFrame, answer: (frame: unknown) => void): void;
}
