// What happens to the server and its connections, told to whoever listens. Costs a look-up when nobody does.

import { Injectable, Logger } from '@nestjs/common';
import type { Connection } from '../connections/connection.js';

/** Whom a message went to: one connection, a room, a channel of subscribers, or everybody. */
export type MessageTarget =
  { readonly connectionId: string } | { readonly room: string } | { readonly channel: string } | { readonly all: true };

/** The events and what each tells. Merge into it to add an application's own. */
export interface LifecycleEventMap {
  /** This process has booted: hooks are known, handshakes are let in. Once, in a process without a server too. */
  'jira.start_worker': { readonly pid: number };
  /** The HTTP server listens. Once; background work that talks to clients may start here. */
  'jira.start_server': { readonly address: unknown };
  /** A client was admitted and is connected. */
  'jira.connection_open': { readonly connection: Connection };
  /** A connection has ended; its requests are aborted, its subscriptions dropped. */
  'jira.connection_closed': { readonly connection: Connection; readonly reason: string };
  /** A connection is no longer among the online ones: after `connection_closed`. */
  'jira.remove_connection': { readonly connectionId: string; readonly user: unknown };
  /** A client's well-formed request or event has arrived. */
  'jira.message': { readonly connection: Connection; readonly event: string; readonly payload: unknown };
  /** An action or an event handler ended in an error, refusals included. `isUnexpected`: nobody planned for it. */
  'jira.message_handler_exception': {
    readonly connection: Connection;
    readonly event: string;
    readonly action: string;
    readonly requestId: string;
    readonly error: unknown;
    readonly status: number;
    readonly isUnexpected: boolean;
  };
  /** Something was handed to the transport: once a message, not once a recipient. */
  'jira.message_sent': { readonly target: MessageTarget; readonly event: string; readonly payload: unknown };
  /** A message was put into the queue of a recipient. */
  'jira.added_message_to_queue': {
    readonly id: string;
    readonly recipient: string;
    readonly event: string;
    readonly data: unknown;
  };
  /** A message that nobody acknowledged in time, or that was in the way of newer ones, is given up. */
  'jira.message_expired': {
    readonly id: string;
    readonly recipient: string;
    readonly event: string;
    readonly data: unknown;
  };
  /** A frame that is no message, or an event nobody handles: it could not be answered. */
  'jira.malformed_frame': { readonly connection: Connection; readonly reason: string; readonly frame: unknown };
  /** A committed change could not be sent; its subscribers were told to fetch again. Without a change: rows unknown. */
  'jira.announcement_failed': {
    readonly entity: string;
    readonly change?: {
      readonly source: string;
      readonly type: 'added' | 'modified' | 'removed';
      /** A string or number; an object for a composite key. */
      readonly id: unknown;
    };
    /** Of the channel that was reset, if it was one. */
    readonly namespace?: string;
    readonly error: unknown;
  };
}

export type LifecycleEventName = keyof LifecycleEventMap;
export type LifecycleListener<Name extends LifecycleEventName> = (payload: LifecycleEventMap[Name]) => unknown;

/** As much of EventEmitter2 as is needed. */
export interface LifecycleEmitter {
  emit(event: string, payload: unknown): unknown;
  hasListeners(event: string): boolean;
}

/**
 * The lifecycle of the server, typed. If the application has an `EventEmitter2` of `@nestjs/event-emitter`, the same
 * events go through it.
 *
 * @example
 * constructor(events: LifecycleEvents) {
 *   events.on('jira.connection_open', ({ connection }) => console.log(connection.id));
 * }
 */
@Injectable()
export class LifecycleEvents {
  private readonly logger = new Logger('Jira');
  private readonly listeners = new Map<string, Set<(payload: never) => unknown>>();
  private emitter?: LifecycleEmitter;

  /** Calls the listener at each such event. Returns its own undo. What a listener throws is logged and stops nothing. */
  on<Name extends LifecycleEventName>(name: Name, listener: LifecycleListener<Name>): () => void {
    const listeners = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(name) === listeners) this.listeners.delete(name);
    };
  }

  /** Whether anybody listens: ask before making a payload on a hot path. */
  hears(name: LifecycleEventName): boolean {
    return this.listeners.has(name) || (this.emitter?.hasListeners(name) ?? false);
  }

  emit<Name extends LifecycleEventName>(name: Name, payload: LifecycleEventMap[Name]): void {
    for (const listener of this.listeners.get(name) ?? []) this.call(name, () => listener(payload as never));
    const { emitter } = this;
    if (emitter?.hasListeners(name)) this.call(name, () => emitter.emit(name, payload));
  }

  /** Tells this emitter as well. */
  bridge(emitter: LifecycleEmitter): void {
    this.emitter = emitter;
  }

  private call(name: string, listener: () => unknown): void {
    const report = (error: unknown): void =>
      this.logger.error(`A listener of ${name} failed`, error instanceof Error ? error.stack : String(error));
    try {
      const result = listener();
      if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    }
  }
}
