// `JiraServer`: sends events by hand. They are not checked against `visibility`; the application must do that.

import { Injectable } from '@nestjs/common';
import type { Change } from '../core/changes/change.js';
import { Hub } from '../live/delivery/hub.js';
import { Connections } from '../core/connections/connections.js';
import { isMethod, isReservedName } from 'nestjs-jira-protocol';
import { HookRegistry } from '../hooks/registry.js';
import { Sinks } from './sinks.js';

export interface ServerEmitOptions {
  /** Sends to the members of this room only. */
  readonly room?: string;
  /** Sends to clients of this process only. @default false: clients of every process that shares the `PubSub` */
  readonly local?: boolean;
}

@Injectable()
export class JiraServer {
  constructor(
    private readonly sink: Sinks,
    private readonly connections: Connections,
    private readonly hub: Hub,
    private readonly hooks: HookRegistry,
  ) {}

  /**
   * Sends an event to every client, or to every client in a room. Data of an event that is named after a hook is
   * wrapped in a frame with the method SUBSCRIPTION, unless it already has a method of the protocol. Other processes
   * get plain data, as `PubSub` carries it. What does not reach them is logged.
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

  /** Announces changes that no change source saw (raw SQL, a database cascade) as if just committed. */
  publish(...changes: Change[]): void {
    if (changes.length > 0) this.hub.log.append({ changes });
  }

  // djira's clients throw on a hook's event without a method of the protocol.
  private framed(event: string, data: unknown): unknown {
    if (!this.hooks.has(event)) return data;
    if (typeof data !== 'object' || data === null || Array.isArray(data))
      return { method: 'SUBSCRIPTION', status: 200, data };
    return isMethod((data as { method?: unknown }).method) ? data : { ...data, method: 'SUBSCRIPTION' };
  }
}

// Socket.IO would throw on its own event names, with a message that does not name the cause.
function refuseReserved(event: string): void {
  if (isReservedName(event)) throw new TypeError(`"${event}" is a reserved event name.`);
}
