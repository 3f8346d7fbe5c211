// What a request is to the rest of the client: the question, who hears the outcome, and how it is treated.

import type { AnswerFrame, Method, Query, RequestFrame } from 'nestjs-jira-protocol';
import type { JiraClientError } from './errors.js';

/** What to ask. */
export interface Call {
  readonly namespace: string;
  readonly action: string;
  readonly method: Method;
  readonly data?: unknown;
  readonly query?: Query;
  readonly headers?: Query;
  readonly signal?: AbortSignal;
  /** Undefined = no limit once it is sent; until then the client's default holds. */
  readonly timeoutMs?: number;
}

/** Who hears the outcome, synchronously: a change that follows an answer must find its subscription. */
export interface Outcome {
  done(frame: AnswerFrame): void;
  failed(error: JiraClientError): void;
  /** One item of a stream. */
  item?(frame: AnswerFrame): void;
  /** The answer of a request that has failed here already (timed out, aborted). */
  late?(frame: AnswerFrame): void;
}

/** How a call may be treated. */
export interface Manner {
  /** Means nothing on another connection: ahead of the queue, beyond its bound, and failed when the connection is lost. */
  readonly isOfConnection?: boolean;
  /** Takes no place among the requests in flight, and its time limit begins anew with each item. */
  readonly isStream?: boolean;
  /** Waits until `release()`. */
  readonly isHeld?: boolean;
}

export interface OpenRequest {
  readonly id: string;
  /** Lets a held request go. */
  release(): void;
  /** Fails it with `ABORTED` (or `error`); the server is told when it was sent. */
  abort(reason?: unknown, error?: JiraClientError): void;
}

/** The way to the server. */
export interface Link {
  readonly isConnected: boolean;
  /** Why there will be no connection by itself, or what kept it from coming about. */
  readonly reason: JiraClientError | undefined;
  /** True when waiting is pointless: refused or closed. */
  readonly isHopeless: boolean;
  emit(namespace: string, frame: RequestFrame, answer: (frame: unknown) => void): void;
}
