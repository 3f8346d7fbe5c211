// Diagnostics for operators: one channel of `node:diagnostics_channel` for each kind of message.

import { channel } from 'node:diagnostics_channel';
import type { ChangeType } from '../changes/change.js';

/**
 * The messages of the channels `nestjs-jira:request`, `nestjs-jira:commit` and so on. They contain no rows and no tokens.
 * Namespaces and actions are the application's own, unless `isKnown` is false.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel';
 * subscribe('nestjs-jira:request', (message) => {
 *   const { action, status, durationMs } = message as DiagnosticMessages['request'];
 * });
 */
export interface DiagnosticMessages {
  /** A request was answered, with success or an error. For a stream: it ended. */
  readonly request: {
    readonly connectionId: string;
    readonly requestId: string;
    readonly namespace: string;
    readonly action: string;
    readonly method: string;
    readonly status: number;
    /** Code of the error; absent if the request succeeded. */
    readonly code?: string;
    /** Time from the frame's arrival to its answer. */
    readonly durationMs: number;
    /** Whether the namespace and the action exist. If false, the client made them up. */
    readonly isKnown: boolean;
    /** The request's `traceparent` header, as W3C Trace Context defines it. */
    readonly traceparent?: string;
  };
  /** A commit has arrived from the change log. Nothing of it has been sent yet. */
  readonly commit: {
    /** `own`: committed in this process. */
    readonly source: 'own' | 'other';
    readonly position: string;
    /** How many rows it changed. */
    readonly changes: number;
    /** Time from the commit until this process read it from the log, by the log's clock; 0 if the log does not say. */
    readonly lagMs: number;
  };
  /** The server decided who sees these images of rows. */
  readonly judge: {
    readonly by: 'memory' | 'database';
    /** How many images it judged. */
    readonly images: number;
    /** Time that the database took; 0 for `memory`. */
    readonly durationMs: number;
    readonly isFailed: boolean;
  };
  /** A frame goes to the subscribers of a channel. */
  readonly deliver: {
    readonly namespace: string;
    readonly type: ChangeType | 'list' | 'reset';
    readonly position: string;
    /** How many subscriptions of this process get it. */
    readonly recipients: number;
    /** Why, for a `reset`. */
    readonly reason?: ResetReason;
  };
  /** All frames of these commits were sent to the channels of an entity. Live lists follow separately. */
  readonly delivered: {
    readonly entity: string;
    /** Positions of the commits, in order. */
    readonly positions: readonly string[];
  };
  /** Changes of an entity wait until earlier ones are sent. */
  readonly queue: { readonly entity: string; readonly waiting: number };
  /** A request began or ceased to wait for a connection of a pool. SQLite has no pool. */
  readonly pool: {
    /** Name of the data source. */
    readonly dataSource: string;
    /** How many requests of this process wait now. */
    readonly waiting: number;
  };
  /** The server began to keep a live list, read it, or dropped it. */
  readonly window: {
    readonly event: 'opened' | 'read' | 'closed';
    readonly namespace: string;
    /** Time a `read` took. */
    readonly durationMs?: number;
    /** Whether a `read` failed. */
    readonly isFailed?: boolean;
  };
  /** A subscription was opened or has ended. */
  readonly subscribe: {
    readonly event: 'opened' | 'ended';
    readonly namespace: string;
    readonly connectionId: string;
  };
  /** A client reconnected and resumed a subscription. */
  readonly resume: {
    readonly namespace: string;
    /** `recovered`: it got the changes it missed. `refetch`: it was told to refetch. */
    readonly outcome: 'recovered' | 'refetch';
    /** How many changes it got. */
    readonly changes: number;
  };
  /** A limit of `forRoot({ limits })` refused something. */
  readonly refusal: { readonly limit: string; readonly connectionId?: string };
  /** A connection was opened or closed, or a handshake was refused. */
  readonly connection: {
    /** `refused`: the handshake failed. */
    readonly event: 'opened' | 'closed' | 'refused';
    readonly connectionId?: string;
    /** Why it was `closed`. */
    readonly reason?: string;
    /** Code of the error for which it was `refused`. */
    readonly code?: string;
  };
  /** Changes could not be read or captured. Subscribers that may have missed some refetch. */
  readonly log: { readonly event: 'gap'; readonly entity: string; readonly error: unknown };
  /** The connection to the store that processes share was lost, or is back. */
  readonly cluster: { readonly event: 'lost' | 'back'; readonly store: 'redis' };
}

/**
 * Why subscribers were told to refetch. `failed`: a row could not be judged or shown. `unknowable`: it cannot be known who
 * saw a row. `missed`: changes were missed. `rights`: their rights changed, so they may see other rows now. `heldFrames`: too
 * many frames were held for them. `changesPerCommit`: one commit changed too many rows.
 */
export type ResetReason = 'failed' | 'unknowable' | 'missed' | 'rights' | 'heldFrames' | 'changesPerCommit';

const CHANNELS = {
  request: channel('nestjs-jira:request'),
  commit: channel('nestjs-jira:commit'),
  judge: channel('nestjs-jira:judge'),
  deliver: channel('nestjs-jira:deliver'),
  delivered: channel('nestjs-jira:delivered'),
  queue: channel('nestjs-jira:queue'),
  pool: channel('nestjs-jira:pool'),
  window: channel('nestjs-jira:window'),
  subscribe: channel('nestjs-jira:subscribe'),
  resume: channel('nestjs-jira:resume'),
  refusal: channel('nestjs-jira:refusal'),
  connection: channel('nestjs-jira:connection'),
  log: channel('nestjs-jira:log'),
  cluster: channel('nestjs-jira:cluster'),
};

/** Whether anyone listens: check before you build a message. */
export function isObserved(name: keyof DiagnosticMessages): boolean {
  return CHANNELS[name].hasSubscribers;
}

/** Errors of listeners do not surface here: Node reports them as uncaught exceptions. */
export function publish<Name extends keyof DiagnosticMessages>(name: Name, message: DiagnosticMessages[Name]): void {
  CHANNELS[name].publish(message);
}

/** Publishes that a limit refused something. */
export function publishRefusal(limit: string, connectionId?: string): void {
  if (isObserved('refusal')) publish('refusal', { limit, ...(connectionId !== undefined && { connectionId }) });
}

/** Publishes the reset of one subscription whose frames are held. */
export function publishReset(namespace: string, position: string, reason: ResetReason): void {
  if (isObserved('deliver')) publish('deliver', { namespace, type: 'reset', position, recipients: 1, reason });
}
