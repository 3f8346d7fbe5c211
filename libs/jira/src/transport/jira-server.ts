// What an application sends by hand. Nothing here is checked against `visibility`: that is the application's part.

import { Injectable } from '@nestjs/common';
import type { Change } from '../core/changes/change.js';
import { Hub } from '../live/delivery/hub.js';
import { Connections } from '../core/connections/connections.js';
import { isMethod, isReservedName } from 'nestjs-jira-protocol';
import { HookRegistry } from '../hooks/registry.js';
import { Sinks } from './sinks.js';

export interface ServerEmitOptions {
  /** Only to who is in this room. */
  readonly room?: string;
  /** Only to clients of this process. @default false: of every process that shares the `PubSub`, by whatever door */
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
   * Sends an event to everybody, or to everybody in a room. An event named as a hook is put into the envelope of a
   * frame, with the method SUBSCRIPTION, unless it has a method of the protocol. Other processes get plain data, as
   * `PubSub` carries it; what does not reach them is logged.
   */
  emit(event: string, data: unknown, { room, local }: ServerEmitOptions = {}): void {
    refuseReserved(event);
    this.sink.emit(event, this.framed(event, data), room, local);
  }

  /** Sends an event to one connection of this process. False when there is no such connection. */
  send(connectionId: string, event: string, data: unknown): boolean {
    refuseReserved(event);
    const connection = this.connections.get(connectionId);
    connection?.send(event, this.framed(event, data));
    return connection !== undefined;
  }

  /** Announces changes that no change source saw (raw SQL, a cascade of the database): as if just committed. */
  publish(...changes: Change[]): void {
    if (changes.length > 0) this.hub.log.append({ changes });
  }

  // djira's clients throw at a frame on a hook's event that has no method of the protocol.
  private framed(event: string, data: unknown): unknown {
    if (!this.hooks.has(event)) return data;
    if (typeof data !== 'object' || data === null || Array.isArray(data))
      return { method: 'SUBSCRIPTION', status: 200, data };
    return isMethod((data as { method?: unknown }).method) ? data : { ...data, method: 'SUBSCRIPTION' };
  }
}

// Socket.IO throws on its own event names; this says so before it does.
function refuseReserved(event: string): void {
  if (isReservedName(event)) throw new TypeError(`"${event}" is a reserved event name.`);
}
