// Sends frames through Socket.IO: one frame for all subscriptions of a channel, encoded once, except for djira's
// clients.

import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { Namespace } from 'socket.io';
import type { ChangeFrame, ErrorData, SubscribedData } from 'nestjs-jira-protocol';
import type { FrameSink, Recipient } from '../../live/delivery/frame-sink.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { Connections } from '../../core/connections/connections.js';
import { finishChange } from '../djira.js';
import type { FrameTarget } from './frame-target.js';
import { jsonText } from '../../core/support/json-text.js';
import { sharedFrames, type SharedFrames } from './shared-frame.js';
import { hasOwnParser } from './socket-io-internals.js';
import { SocketIoConnection } from './socket-io-connection.js';

@Injectable()
export class SocketIoSink implements FrameSink {
  private server?: Namespace;
  private routed?: Namespace;
  /**
   * The connections in each channel. They are not Socket.IO rooms, because frames never leave this process, and each
   * target knows its connection.
   */
  private readonly targets = new Map<string, Map<string, FrameTarget>>();
  /** How many subscriptions to a channel a connection has beyond its first one. */
  private readonly further = new Map<string, number>();
  /** Events of each channel that wait to be written together. They are sent before anything else. */
  private readonly kept = new Map<string, string[]>();
  /** Whether the application has its own parser, which must encode each packet itself. */
  private hasOwnParser = false;
  /** Whether sockets share a frame's bytes; otherwise Socket.IO encodes it for each. */
  sharesFrames = true;
  /** Subscriptions of djira's clients by channel: each gets its own frame. */
  private readonly finished = new Map<string, Set<Recipient>>();

  constructor(private readonly connections: Connections) {}

  open(server: Namespace): void {
    this.server = server;
    this.hasOwnParser = hasOwnParser(server.server);
  }

  /** Whether frames may be encoded here, without Socket.IO's own encoder. */
  get encodesItself(): boolean {
    return this.sharesFrames && !this.hasOwnParser;
  }

  /** The namespaces of routes. */
  openRouted(namespaces: Namespace): void {
    this.routed = namespaces;
  }

  /** Whether Socket.IO's own adapter reaches the clients of other processes. */
  get isEverywhere(): boolean {
    return this.server !== undefined && hasClusterAdapter(this.server);
  }

  /** Sends the application's event to all clients or to a room; with a cluster adapter, in every process. */
  emit(event: string, payload: unknown, room?: string, isLocal = false): void {
    this.flush();
    for (const server of [this.server, this.routed]) {
      const all = isLocal ? server?.local : server;
      if (room === undefined) all?.emit(event, payload);
      else all?.to(room).emit(event, payload);
    }
  }

  join(recipient: Recipient): void {
    this.flush();
    const connection = this.connections.get(recipient.connectionId);
    if (!connection) return;
    if (connection.dialect === 'djira') {
      getOrAdd(this.finished, recipient.channel, () => new Set<Recipient>()).add(recipient);
      return;
    }
    if (!(connection instanceof SocketIoConnection)) return;
    const targets = getOrAdd(this.targets, recipient.channel, () => new Map<string, FrameTarget>());
    if (!targets.has(connection.id)) targets.set(connection.id, connection.target);
    else this.further.set(recipientKey(recipient), (this.further.get(recipientKey(recipient)) ?? 0) + 1);
  }

  leave(recipient: Recipient): void {
    this.flush();
    const recipients = this.finished.get(recipient.channel);
    if (recipients?.delete(recipient)) {
      if (recipients.size === 0) this.finished.delete(recipient.channel);
      return;
    }
    const targets = this.targets.get(recipient.channel);
    const further = this.further.get(recipientKey(recipient)) ?? 0;
    if (further > 1) this.further.set(recipientKey(recipient), further - 1);
    else if (further === 1) this.further.delete(recipientKey(recipient));
    else targets?.delete(recipient.connectionId);
    if (targets?.size === 0) this.targets.delete(recipient.channel);
  }

  send(namespace: string, frame: ChangeFrame): void {
    const targets = this.targets.get(frame.channel);
    if (targets && this.encodesItself) getOrAdd(this.kept, frame.channel, newList).push(textOf(namespace, frame));
    else if (targets)
      for (const target of targets.values()) {
        target.sent++;
        target.socket.emit(namespace, frame);
      }
    for (const recipient of this.finished.get(frame.channel) ?? [])
      this.connections.get(recipient.connectionId)?.send(namespace, finishChange(frame, recipient));
  }

  flush(): void {
    if (this.kept.size === 0) return;
    const kept = [...this.kept];
    this.kept.clear();
    for (const [channel, events] of kept) this.write(this.targets.get(channel), events);
  }

  private write(targets: ReadonlyMap<string, FrameTarget> | undefined, events: readonly string[]): void {
    const byNsp = new Map<string, readonly SharedFrames[]>();
    let last: { readonly nsp: string; readonly pieces: readonly SharedFrames[] } | undefined;
    for (const target of targets?.values() ?? []) {
      const { nsp } = target;
      if (last?.nsp !== nsp) last = { nsp, pieces: getOrAdd(byNsp, nsp, () => sharedFrames(nsp, events)) };
      for (const piece of last.pieces) target.write(piece);
    }
  }

  sentTo(connectionId: string): number {
    const connection = this.connections.get(connectionId);
    return connection instanceof SocketIoConnection ? connection.target.sent : 0;
  }

  sendTo(recipient: Recipient, frame: ChangeFrame): void {
    this.flush();
    const { connectionId, namespace, requestId } = recipient;
    const connection = this.connections.get(connectionId);
    if (connection instanceof SocketIoConnection) connection.target.sent++;
    const isDjira = connection?.dialect === 'djira';
    connection?.send(namespace, isDjira ? finishChange(frame, recipient) : { ...frame, requestId });
  }

  move({ connectionId, namespace, requestId, action }: Recipient, data: SubscribedData): void {
    this.flush();
    const connection = this.connections.get(connectionId);
    // djira's clients know no channels.
    if (connection?.dialect !== 'jira') return;
    connection.send(namespace, { requestId, method: 'SUBSCRIPTION', action, status: 200, data });
  }

  end({ connectionId, namespace, requestId, action }: Recipient, status: number, data: ErrorData): void {
    this.flush();
    this.connections.get(connectionId)?.send(namespace, { requestId, method: 'SUBSCRIPTION', action, status, data });
  }
}

function recipientKey({ channel, connectionId }: Recipient): string {
  return `${channel} ${connectionId}`;
}

const newList = (): string[] => [];

function textOf(event: string, payload: unknown): string {
  const args = [event, payload];
  return jsonText(args) ?? JSON.stringify(args);
}

/** Whether the adapter reaches other processes: such adapters override `serverSideEmit`. */
function hasClusterAdapter({ adapter }: Namespace): boolean {
  let base: object = adapter;
  for (let next: object | null = adapter; next && next !== EventEmitter.prototype;)
    [base, next] = [next, Object.getPrototypeOf(next) as object | null];
  return adapter.serverSideEmit !== (base as Namespace['adapter']).serverSideEmit; // oxlint-disable-line typescript/unbound-method -- compared, not called
}
