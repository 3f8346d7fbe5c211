// Lifecycle events of the server and its connections. While nobody listens, an event costs one look-up.

import { isPromise } from '../support/is-promise.js';
import { Injectable } from '@nestjs/common';
import { ProblemLog } from '../errors/problem-log.js';
import type { Connection } from '../connections/connection.js';

/** The recipient of a message: one connection, a room, a channel of subscribers, or everyone. */
export type MessageTarget =
  { readonly connectionId: string } | { readonly room: string } | { readonly channel: string } | { readonly all: true };

/** The events and their payloads. Merge into this interface to add your own. */
export interface LifecycleEventMap {
  /** This process has booted: hooks are registered, handshakes are accepted. Emitted once, even in a process without a server. */
  'jira.start_worker': { readonly pid: number };
  /** The HTTP server is listening. Emitted once; start background work that talks to clients here. */
  'jira.start_server': { readonly address: unknown };
  /** A client was admitted and is connected. */
  'jira.connection_open': { readonly connection: Connection };
  /** A connection has closed; its requests are aborted, its subscriptions dropped. */
  'jira.connection_closed': { readonly connection: Connection; readonly reason: string };
  /** A connection no longer counts as online. Follows `connection_closed`. */
  'jira.remove_connection': { readonly connectionId: string; readonly user: unknown };
  /** A client's well-formed request or event has arrived. */
  'jira.message': { readonly connection: Connection; readonly event: string; readonly payload: unknown };
  /** An action or an event handler failed or refused. `isUnexpected` is true if it was not a refusal. */
  'jira.message_handler_exception': {
    readonly connection: Connection;
    readonly event: string;
    readonly action: string;
    readonly requestId: string;
    readonly error: unknown;
    readonly status: number;
    readonly isUnexpected: boolean;
  };
  /** A message was handed to the transport: once per message, not per recipient. */
  'jira.message_sent': { readonly target: MessageTarget; readonly event: string; readonly payload: unknown };
  /** A message was added to a recipient's queue. */
  'jira.added_message_to_queue': {
    readonly id: string;
    readonly recipient: string;
    readonly event: string;
    readonly data: unknown;
  };
  /** A message was dropped: not acknowledged in time, or the queue was full. */
  'jira.message_expired': {
    readonly id: string;
    readonly recipient: string;
    readonly event: string;
    readonly data: unknown;
  };
  /** A malformed frame, or an event without a handler, that could not be answered. */
  'jira.malformed_frame': { readonly connection: Connection; readonly reason: string; readonly frame: unknown };
  /** A committed change could not be delivered: its subscribers were told to refetch. Without `change`, the rows are unknown. */
  'jira.announcement_failed': {
    readonly entity: string;
    readonly change?: {
      readonly source: string;
      readonly type: 'added' | 'modified' | 'removed';
      /** A string or number; an object for a composite key. */
      readonly id: unknown;
    };
    /** Namespace of the channel that was reset, if it was a single one. */
    readonly namespace?: string;
    readonly error: unknown;
  };
}

/** The name of a lifecycle event. */
export type LifecycleEventName = keyof LifecycleEventMap;
/** A function that is called with the payload of an event. */
export type LifecycleListener<Name extends LifecycleEventName> = (payload: LifecycleEventMap[Name]) => unknown;

/** The part of EventEmitter2 that is used. */
export interface LifecycleEmitter {
  emit(event: string, payload: unknown): unknown;
  hasListeners(event: string): boolean;
}

/**
 * Typed lifecycle events of the server. If the application has an `EventEmitter2` of `@nestjs/event-emitter`, it emits the
 * same events.
 *
 * @example
 * constructor(events: LifecycleEvents) {
 *   events.on('jira.connection_open', ({ connection }) => console.log(connection.id));
 * }
 */
@Injectable()
export class LifecycleEvents {
  private readonly problems = new ProblemLog();
  private readonly listeners = new Map<string, Set<(payload: never) => unknown>>();
  private emitter?: LifecycleEmitter;

  /** Calls the listener on each event of this name. Returns a function that unsubscribes. Errors of listeners are logged. */
  on<Name extends LifecycleEventName>(name: Name, listener: LifecycleListener<Name>): () => void {
    const listeners = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(name) === listeners) this.listeners.delete(name);
    };
  }

  /** Whether anyone listens: check before building a payload on a hot path. */
  hears(name: LifecycleEventName): boolean {
    return this.listeners.has(name) || (this.emitter?.hasListeners(name) ?? false);
  }

  emit<Name extends LifecycleEventName>(name: Name, payload: LifecycleEventMap[Name]): void {
    for (const listener of this.listeners.get(name) ?? []) this.call(name, () => listener(payload as never));
    const { emitter } = this;
    if (emitter?.hasListeners(name)) this.call(name, () => emitter.emit(name, payload));
  }

  /** Forwards events to this emitter as well. */
  bridge(emitter: LifecycleEmitter): void {
    this.emitter = emitter;
  }

  private call(name: string, listener: () => unknown): void {
    const report = (error: unknown): void =>
      this.problems.error(`A listener of ${name} failed`, `A listener of ${name} failed`, error);
    try {
      const result = listener();
      if (isPromise(result)) result.catch(report);
    } catch (error) {
      report(error);
    }
  }
}
