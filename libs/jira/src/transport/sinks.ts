// Sends changes and the application's events through every transport.

import { Injectable } from '@nestjs/common';
import type { ChangeFrame, ErrorData, SubscribedData } from 'nestjs-jira-protocol';
import { LifecycleEvents, type MessageTarget } from '../core/lifecycle/lifecycle-events.js';
import { sendEncodable } from '../core/support/wire-value.js';
import type { FrameSink, Recipient } from '../live/delivery/frame-sink.js';
import { PlainSink } from './plain/plain-sink.js';
import { SocketIoSink } from './socket-io/socket-io-sink.js';

/** An event that an application sends to all clients or to a room, as it travels between processes. */
export interface Emission {
  readonly event: string;
  readonly payload: unknown;
  readonly room?: string;
  /** Whether Socket.IO's own adapter has already sent it to the Socket.IO clients of every process. */
  readonly isForPlain: boolean;
}

@Injectable()
export class Sinks implements FrameSink {
  /** Carries events to the other processes; absent if there are none. */
  carry?: (emission: Emission) => void;

  constructor(
    private readonly socketIo: SocketIoSink,
    private readonly plain: PlainSink,
    private readonly lifecycle: LifecycleEvents,
  ) {}

  /** Sends the application's event to all clients or to a room, in every process or in this one. */
  emit(event: string, payload: unknown, room?: string, isLocal = false): void {
    this.socketIo.emit(event, payload, room, isLocal);
    this.plain.emit(event, payload, room);
    if (!isLocal) this.carry?.({ event, payload, room, isForPlain: this.socketIo.isEverywhere });
    this.sent(event, payload, room === undefined ? { all: true } : { room });
  }

  /** Delivers what another process has sent. */
  receive({ event, payload, room, isForPlain }: Emission): void {
    if (!isForPlain) this.socketIo.emit(event, payload, room, true);
    this.plain.emit(event, payload, room);
  }

  join(recipient: Recipient): void {
    this.of(recipient).join(recipient);
  }

  leave(recipient: Recipient): void {
    this.of(recipient).leave(recipient);
  }

  send(namespace: string, frame: ChangeFrame): void {
    sendEncodable(frame, (encodable) => {
      this.socketIo.send(namespace, encodable);
      this.plain.send(namespace, encodable);
      this.sent(namespace, encodable, { channel: frame.channel });
    });
  }

  flush(): void {
    this.socketIo.flush();
  }

  sentTo(connectionId: string): number {
    return this.plain.connections.has(connectionId)
      ? this.plain.sentTo(connectionId)
      : this.socketIo.sentTo(connectionId);
  }

  sendTo(recipient: Recipient, frame: ChangeFrame): void {
    sendEncodable(frame, (encodable) => this.of(recipient).sendTo(recipient, encodable));
  }

  move(recipient: Recipient, subscribed: SubscribedData): void {
    this.of(recipient).move(recipient, subscribed);
  }

  end(recipient: Recipient, status: number, error: ErrorData): void {
    this.of(recipient).end(recipient, status, error);
  }

  private sent(event: string, payload: unknown, target: MessageTarget): void {
    if (this.lifecycle.hears('jira.message_sent')) this.lifecycle.emit('jira.message_sent', { target, event, payload });
  }

  private of({ connectionId }: Recipient): FrameSink {
    return this.plain.connections.has(connectionId) ? this.plain : this.socketIo;
  }
}
