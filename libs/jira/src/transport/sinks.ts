// Every door's frames out: a subscription, a room and an event of the application reach clients of all of them.

import { Injectable } from '@nestjs/common';
import type { ChangeFrame, ErrorData, SubscribedData } from 'nestjs-jira-protocol';
import { LifecycleEvents, type MessageTarget } from '../lifecycle/lifecycle-events.js';
import type { FrameSink, Recipient } from '../observers/frame-sink.js';
import { PlainSink } from './plain/plain-sink.js';
import { SocketIoSink } from './socket-io-sink.js';

@Injectable()
export class Sinks implements FrameSink {
  constructor(
    private readonly socketIo: SocketIoSink,
    private readonly plain: PlainSink,
    private readonly lifecycle: LifecycleEvents,
  ) {}

  /** Sends an event of the application's own to all, or to a room. */
  emit(event: string, payload: unknown, room?: string): void {
    this.socketIo.emit(event, payload, room);
    this.plain.emit(event, payload, room);
    this.sent(event, payload, room === undefined ? { all: true } : { room });
  }

  join(recipient: Recipient): void {
    this.of(recipient).join(recipient);
  }

  leave(recipient: Recipient): void {
    this.of(recipient).leave(recipient);
  }

  send(namespace: string, frame: ChangeFrame): void {
    this.socketIo.send(namespace, frame);
    this.plain.send(namespace, frame);
    this.sent(namespace, frame, { channel: frame.channel });
  }

  sendTo(recipient: Recipient, frame: ChangeFrame): void {
    this.of(recipient).sendTo(recipient, frame);
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
