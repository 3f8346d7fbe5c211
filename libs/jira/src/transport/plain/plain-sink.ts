// Sends frames to plain WebSockets, encoded once per format.

import { Injectable } from '@nestjs/common';
import type { ChangeFrame, ErrorData, SubscribedData } from 'nestjs-jira-protocol';
import type { FrameSink, Recipient } from '../../live/delivery/frame-sink.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { finishChange } from '../djira.js';
import type { MessageFormat } from './message-format.js';
import { encode, type PlainConnection, type PlainRooms } from './plain-connection.js';

@Injectable()
export class PlainSink implements FrameSink, PlainRooms {
  /** Connections of this process by id. */
  readonly connections = new Map<string, PlainConnection>();
  private readonly rooms = new Map<string, Set<PlainConnection>>();
  /** The subscriptions of each channel, by the connection that holds them. */
  private readonly channels = new Map<string, Map<PlainConnection, Set<Recipient>>>();

  /** Sends the application's event to all clients of this process, or to a room. */
  emit(event: string, payload: unknown, room?: string): void {
    const connections = room === undefined ? this.connections.values() : this.rooms.get(room);
    if (connections) this.broadcast(connections, event, payload);
  }

  enter(room: string, connection: PlainConnection): void {
    getOrAdd(this.rooms, room, () => new Set<PlainConnection>()).add(connection);
  }

  exit(room: string, connection: PlainConnection): void {
    const connections = this.rooms.get(room);
    connections?.delete(connection);
    if (connections?.size === 0) this.rooms.delete(room);
  }

  join(recipient: Recipient): void {
    const connection = this.connections.get(recipient.connectionId);
    if (!connection) return;
    const members = getOrAdd(this.channels, recipient.channel, () => new Map<PlainConnection, Set<Recipient>>());
    getOrAdd(members, connection, () => new Set<Recipient>()).add(recipient);
  }

  leave(recipient: Recipient): void {
    const connection = this.connections.get(recipient.connectionId);
    const members = this.channels.get(recipient.channel);
    if (!connection || !members) return;
    const recipients = members.get(connection);
    if (!recipients?.delete(recipient)) return;
    if (recipients.size === 0) members.delete(connection);
    if (members.size === 0) this.channels.delete(recipient.channel);
  }

  send(namespace: string, frame: ChangeFrame): void {
    const members = this.channels.get(frame.channel);
    if (!members) return;
    const sharing: PlainConnection[] = [];
    for (const [connection, recipients] of members) {
      if (!connection.format.finishesChanges) sharing.push(connection);
      else for (const recipient of recipients) connection.send(namespace, finishChange(frame, recipient));
    }
    for (const connection of sharing) connection.sent++;
    this.broadcast(sharing, namespace, frame);
  }

  sentTo(connectionId: string): number {
    return this.connections.get(connectionId)?.sent ?? 0;
  }

  /** Does nothing: no frame is kept. */
  flush(): void {}

  sendTo(recipient: Recipient, frame: ChangeFrame): void {
    const connection = this.connections.get(recipient.connectionId);
    const { namespace, requestId } = recipient;
    if (connection) connection.sent++;
    connection?.send(
      namespace,
      connection.format.finishesChanges ? finishChange(frame, recipient) : { ...frame, requestId },
    );
  }

  move({ connectionId, namespace, requestId, action }: Recipient, data: SubscribedData): void {
    const connection = this.connections.get(connectionId);
    if (!connection || connection.format.finishesChanges) return;
    connection.send(namespace, { requestId, method: 'SUBSCRIPTION', action, status: 200, data });
  }

  end({ connectionId, namespace, requestId, action }: Recipient, status: number, data: ErrorData): void {
    this.connections.get(connectionId)?.send(namespace, { requestId, method: 'SUBSCRIPTION', action, status, data });
  }

  private broadcast(connections: Iterable<PlainConnection>, event: string, payload: unknown): void {
    const encoded = new Map<MessageFormat, Buffer | undefined>();
    for (const connection of connections) {
      const { format } = connection;
      if (!encoded.has(format)) {
        const text = encode(format, event, payload);
        encoded.set(format, text === undefined ? undefined : Buffer.from(text));
      }
      const frame = encoded.get(format);
      if (frame) connection.write(frame);
    }
  }
}
