// `JiraServer`: sends events by hand. They are not checked against `visibility`; the application must do that.

import { Injectable } from '@nestjs/common';
import type { Change } from '../core/changes/change.js';
import { Hub } from '../live/delivery/hub.js';
import { Connections } from '../core/connections/connections.js';
import { isMethod, isReservedName } from 'nestjs-jira-protocol';
import { HookRegistry } from '../hooks/registry.js';
import { Sinks } from './sinks.js';

/** Options of `JiraServer.emit()`. */
export interface ServerEmitOptions {
  /** The room whose connections get the event. @default every connection */
  readonly room?: string;
  /** Sends to clients of this process only. @default false: clients of every process that shares the `PubSub` */
  readonly local?: boolean;
}

/**
 * Sends events and announces changes, from anywhere in the application. Events are not checked against `visibility`, and their
 * data is sent as it is.
 *
 * @example
 * constructor(private readonly jira: JiraServer) {}
 * greet() { this.jira.emit('news', { title: 'Hello' }, { room: 'lobby' }); }
 */
@Injectable()
export class JiraServer {
  constructor(
    private readonly sink: Sinks,
    private readonly connections: Connections,
    private readonly hub: Hub,
    private readonly hooks: HookRegistry,
  ) {}

  /**
   * Sends an event to every client, or to those in a room. Other processes get it as plain data through `PubSub`; an event that
   * cannot reach them is logged.
   *
   * If the event is a hook's namespace, clients get a frame: an object gets the method SUBSCRIPTION unless it has a method of the
   * protocol, and anything else becomes the `data` of such a frame.
   *
   * @throws TypeError if the event's name is reserved
   */
  emit(event: string, data: unknown, { room, local }: ServerEmitOptions = {}): void {
    refuseReserved(event);
    this.sink.emit(event, this.framed(event, data), room, local);
  }

  /** Sends an event to one connection of this process. Returns false if there is no such connection. */
  send(connectionId: string, event: string, data: unknown): boolean {
    refuseReserved(event);
    const connection = this.connections.get(connectionId);
    connection?.send(event, this.framed(event, data));
    return connection !== undefined;
  }

  /** Announces changes that the server did not see, such as those of raw SQL or a database cascade, as if just committed. */
  publish(...changes: Change[]): void {
    if (changes.length > 0) this.hub.log.append({ changes });
  }

  // djira clients throw if a frame for a hook has no method of the protocol.
  private framed(event: string, data: unknown): unknown {
    if (!this.hooks.has(event)) return data;
    if (typeof data !== 'object' || data === null || Array.isArray(data))
      return { method: 'SUBSCRIPTION', status: 200, data };
    return isMethod((data as { method?: unknown }).method) ? data : { ...data, method: 'SUBSCRIPTION' };
  }
}

// Socket.IO throws for its own event names, but its message does not name the cause.
function refuseReserved(event: string): void {
  if (isReservedName(event)) throw new TypeError(`"${event}" is a reserved event name.`);
}
