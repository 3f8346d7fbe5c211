// What an operator can listen to: a channel of `node:diagnostics_channel` for each kind of thing that happens.

import { channel } from 'node:diagnostics_channel';
import type { ChangeType } from '../changes/change.js';

/**
 * The messages of the channels `nestjs-jira:request`, `nestjs-jira:commit` and so on. They hold no row and no token.
 * A namespace or an action is one that the application declares, except where `isKnown` is false.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel';
 * subscribe('nestjs-jira:request', (message) => {
 *   const { action, status, durationMs } = message as DiagnosticMessages['request'];
 * });
 */
export interface DiagnosticMessages {
  /** A request was answered, whatever the answer; streams when they end. */
  readonly request: {
    readonly connectionId: string;
    readonly requestId: string;
    readonly namespace: string;
    readonly action: string;
    readonly method: string;
    readonly status: number;
    /** Of an answer that is an error. */
    readonly code?: string;
    /** From the frame's arrival to its answer. */
    readonly durationMs: number;
    /** False: the client made the names up. */
    readonly isKnown: boolean;
    /** The request's header of that name, as W3C Trace Context has it. */
    readonly traceparent?: string;
  };
  /** A commit has come from the change log, before anything of it is sent. */
  readonly commit: {
    /** `own`: committed in this process. */
    readonly source: 'own' | 'other';
    readonly position: string;
    /** How many rows it changed. */
    readonly changes: number;
    /** From the commit until this process read it of the log, in ms, by the log's clock; 0 without one. */
    readonly lagMs: number;
  };
  /** Who sees images of rows was decided. */
  readonly judge: {
    readonly by: 'memory' | 'database';
    readonly images: number;
    /** Of the database's answer; 0 for memory. */
    readonly durationMs: number;
    readonly isFailed: boolean;
  };
  /** A frame goes to the subscribers of a channel. */
  readonly deliver: {
    readonly namespace: string;
    readonly type: ChangeType | 'list' | 'reset';
    readonly position: string;
    /** Subscriptions that it goes to, in this process. */
    readonly recipients: number;
    /** Of a reset. */
    readonly reason?: ResetReason;
  };
  /** All frames of these commits went to the channels of an entity; lists follow by themselves. */
  readonly delivered: {
    readonly entity: string;
    /** Of the commits, in order. */
    readonly positions: readonly string[];
  };
  /** Changes of an entity wait for those before them. */
  readonly queue: { readonly entity: string; readonly waiting: number };
  /** A live list is kept, was read, or is dropped. */
  readonly window: {
    readonly event: 'opened' | 'read' | 'closed';
    readonly namespace: string;
    /** Of a read. */
    readonly durationMs?: number;
    /** Of a read. */
    readonly isFailed?: boolean;
  };
  /** A subscription has begun or ended. */
  readonly subscribe: {
    readonly event: 'opened' | 'ended';
    readonly namespace: string;
    readonly connectionId: string;
  };
  /** A client that was away has come back. */
  readonly resume: {
    readonly namespace: string;
    /** `refetch`: it is told to fetch again. */
    readonly outcome: 'recovered' | 'refetch';
    /** How many changes it was told. */
    readonly changes: number;
  };
  /** A limit of `forRoot({ limits })` has refused something. */
  readonly refusal: { readonly limit: string; readonly connectionId?: string };
  readonly connection: {
    /** `refused`: the handshake failed. */
    readonly event: 'opened' | 'closed' | 'refused';
    readonly connectionId?: string;
    /** Why it was closed. */
    readonly reason?: string;
    /** Of the refusal. */
    readonly code?: string;
  };
  /** Changes could not be read or captured: whoever may have missed some fetches again. */
  readonly log: { readonly event: 'gap'; readonly entity: string; readonly error: unknown };
  /** The server that several processes share was lost, or is back. */
  readonly cluster: { readonly event: 'lost' | 'back'; readonly store: 'redis' };
}

/**
 * Why subscribers were told to fetch again. `failed`: a row could not be judged or shown. `unknowable`: nobody can say who
 * saw a row. `missed`: changes were missed. `rights`: what they see may be other rows now. `heldFrames`: too much waited
 * for them. `changesPerCommit`: one commit changed too many rows.
 */
export type ResetReason = 'failed' | 'unknowable' | 'missed' | 'rights' | 'heldFrames' | 'changesPerCommit';

const CHANNELS = {
  request: channel('nestjs-jira:request'),
  commit: channel('nestjs-jira:commit'),
  judge: channel('nestjs-jira:judge'),
  deliver: channel('nestjs-jira:deliver'),
  delivered: channel('nestjs-jira:delivered'),
  queue: channel('nestjs-jira:queue'),
  window: channel('nestjs-jira:window'),
  subscribe: channel('nestjs-jira:subscribe'),
  resume: channel('nestjs-jira:resume'),
  refusal: channel('nestjs-jira:refusal'),
  connection: channel('nestjs-jira:connection'),
  log: channel('nestjs-jira:log'),
  cluster: channel('nestjs-jira:cluster'),
};

/** Whether anyone listens: ask before a message is made. */
export function isObserved(name: keyof DiagnosticMessages): boolean {
  return CHANNELS[name].hasSubscribers;
}

/** What a listener throws does not come back here: Node reports it as an uncaught exception. */
export function publish<Name extends keyof DiagnosticMessages>(name: Name, message: DiagnosticMessages[Name]): void {
  CHANNELS[name].publish(message);
}

/** A limit has refused something. */
export function publishRefusal(limit: string, connectionId?: string): void {
  if (isObserved('refusal')) publish('refusal', { limit, ...(connectionId !== undefined && { connectionId }) });
}

/** One subscription, for which frames are held, is to fetch again. */
export function publishReset(namespace: string, position: string, reason: ResetReason): void {
  if (isObserved('deliver')) publish('deliver', { namespace, type: 'reset', position, recipients: 1, reason });
}
