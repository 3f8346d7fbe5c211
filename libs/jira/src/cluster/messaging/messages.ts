// Sends messages to recipients in any process, and delivers those for recipients in this one.

import { inBatches } from '../../core/support/in-batches.js';
import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { isReservedName } from 'nestjs-jira-protocol';
import { failureLog } from '../../core/errors/failure-log.js';
import { publishRefusal } from '../../core/diagnostics/diagnostics.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import type { Connection } from '../../core/connections/connection.js';
import { Connections } from '../../core/connections/connections.js';
import { LIMITS, type Limits } from '../../core/limits/limits.js';
import { CONNECTION_STORE, type ConnectionStore } from './connection-store.js';
import { Delivery } from './delivery.js';
import { MESSAGE_QUEUE, type ExpiredMessage, type MessageQueue } from './message-queue.js';

/**
 * A connection, by its id; a user (or the user's key), on any connection, now or later; or the members that a broadcast
 * room has when the message is sent. A member with a user gets the message as that user, now or later; an anonymous
 * member gets it on its connection.
 */
export type Recipient = string | { readonly user: unknown } | { readonly room: string };

/** Options of `Messages.send()`. */
export interface SendOptions {
  /** Id of the message. If you send it again under the same id, it arrives once. @default a random UUID */
  readonly id?: string;
}

const SWEEP_MS = 60_000;
const LEAST_SWEEP_MS = 1_000;
/** How many queues of a room's members are written at a time. */
const MAX_WRITTEN_AT_ONCE = 16;

/**
 * Messages arrive in order, and again on the next connection until a client acknowledges them. This library's client
 * drops messages that it already has. A message to a user goes to all of the user's connections, and is done when one
 * of them acknowledges it. Clients of other dialects do not acknowledge: for them, a message is done when it was handed
 * to the transport.
 *
 * @example
 * await this.messages.send({ user: issue.assigneeId }, 'assigned', { issue: issue.id });
 */
@Injectable()
export class Messages {
  private readonly logger = new Logger('Jira');
  private readonly report = failureLog('The message queue failed');
  /** By connection: the delivery to the connection itself, then the one to its user, if it has one. */
  private readonly ofConnection = new Map<string, readonly Delivery[]>();
  /** The deliveries to users, by recipient. */
  private readonly ofUser = new Map<string, Set<Delivery>>();
  private undo: (() => void)[] = [];
  private timer?: NodeJS.Timeout;

  constructor(
    @Inject(MESSAGE_QUEUE) private readonly queue: MessageQueue,
    @Inject(CONNECTION_STORE) private readonly store: ConnectionStore,
    private readonly connections: Connections,
    private readonly lifecycle: LifecycleEvents,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  /**
   * Resolves with the message's id once the queue has it; for a room, once the queues of all its members have it.
   *
   * @throws JiraException NOT_FOUND if no process has the connection
   */
  async send(to: Recipient, event: string, data: unknown, { id = randomUUID() }: SendOptions = {}): Promise<string> {
    if (isReservedName(event)) throw new TypeError(`"${event}" is a reserved event name.`);
    const message = { id, event, data, sentAt: new Date() };
    const recipients = await this.recipients(to);
    for (const batch of inBatches(recipients, MAX_WRITTEN_AT_ONCE))
      await Promise.all(batch.map((recipient) => this.put(recipient, message)));
    return id;
  }

  /** Called for a client's acknowledgement. */
  async acknowledge(connection: Connection, ids: readonly string[]): Promise<void> {
    for (const delivery of this.ofConnection.get(connection.id) ?? []) await delivery.acknowledge(ids);
  }

  /** Called at boot. */
  start(): void {
    const { lifecycle, queue, limits } = this;
    this.undo = [
      lifecycle.on('jira.connection_open', ({ connection }) => this.opened(connection)),
      lifecycle.on('jira.connection_closed', ({ connection }) => this.closed(connection)),
      queue.watch((recipient) => this.deliverAll(recipient)),
    ];
    const everyMs = Math.min(SWEEP_MS, Math.max(LEAST_SWEEP_MS, limits.messageTtlMs));
    this.timer = setInterval(() => void this.sweep(), everyMs).unref();
  }

  stop(): void {
    for (const undo of this.undo) undo();
    clearInterval(this.timer);
  }

  /** Removes and reports expired messages; runs by itself every minute. */
  async sweep(now = Date.now()): Promise<void> {
    const { queue, limits } = this;
    try {
      for (const message of await queue.expire(new Date(now - limits.messageTtlMs))) this.expired(message);
    } catch (error) {
      this.report(error);
    }
  }

  private async recipients(to: Recipient): Promise<string[]> {
    if (typeof to === 'string') {
      if (!this.connections.get(to) && !(await this.store.get(to)))
        throw new JiraException('NOT_FOUND', `Unknown connection "${to}".`);
      return [ofConnection(to)];
    }
    if ('room' in to) {
      const members = await this.store.members(to.room);
      const all = members.map(({ user, connectionId }) => (user === null ? ofConnection(connectionId) : ofUser(user)));
      return [...new Set(all)];
    }
    const key = this.connections.keyOf(to.user);
    if (key === undefined) throw new TypeError('This user has no key. Set the option "userKey".');
    return [ofUser(key)];
  }

  private async put(recipient: string, message: Parameters<MessageQueue['add']>[1]): Promise<void> {
    const { queue, lifecycle, limits } = this;
    for (const old of await queue.add(recipient, message, limits.queuedMessages)) {
      publishRefusal('queuedMessages');
      this.expired(old);
    }
    if (!lifecycle.hears('jira.added_message_to_queue')) return;
    const { id, event, data } = message;
    lifecycle.emit('jira.added_message_to_queue', { id, recipient, event, data });
  }

  private opened(connection: Connection): void {
    const { queue, connections, limits, report } = this;
    const key = connections.keyOf(connection.user);
    const recipients = [ofConnection(connection.id), ...(key === undefined ? [] : [ofUser(key)])];
    const parts = { queue, connection, ttlMs: limits.messageTtlMs, report };
    const deliveries = recipients.map((recipient) => new Delivery(recipient, parts));
    this.ofConnection.set(connection.id, deliveries);
    const [, toUser] = deliveries;
    if (toUser) this.ofUser.set(toUser.recipient, (this.ofUser.get(toUser.recipient) ?? new Set()).add(toUser));
    for (const delivery of deliveries) delivery.deliver();
  }

  /** Drops the messages to this connection, which can no longer be delivered. */
  private closed({ id }: Connection): void {
    const [, toUser] = this.ofConnection.get(id) ?? [];
    if (toUser) {
      const others = this.ofUser.get(toUser.recipient);
      others?.delete(toUser);
      if (others?.size === 0) this.ofUser.delete(toUser.recipient);
    }
    if (this.ofConnection.delete(id)) void this.drop(ofConnection(id));
  }

  private async drop(recipient: string): Promise<void> {
    const { queue } = this;
    try {
      const left = await queue.read(recipient);
      await queue.remove(recipient, left.map(({ slot }) => slot)); // prettier-ignore
      for (const message of left) this.expired({ ...message, recipient });
    } catch (error) {
      this.report(error);
    }
  }

  private expired({ id, recipient, event, data }: ExpiredMessage): void {
    this.logger.warn(`Message ${id} ("${event}") did not reach ${recipient}`);
    this.lifecycle.emit('jira.message_expired', { id, recipient, event, data });
  }

  private deliverAll(recipient?: string): void {
    if (recipient === undefined) {
      for (const deliveries of this.ofConnection.values()) for (const delivery of deliveries) delivery.deliver();
    } else if (recipient.startsWith(CONNECTION)) {
      const [delivery] = this.ofConnection.get(recipient.slice(CONNECTION.length)) ?? [];
      delivery?.deliver();
    } else for (const delivery of this.ofUser.get(recipient) ?? []) delivery.deliver();
  }
}

const CONNECTION = 'connection:';

function ofConnection(id: string): string {
  return CONNECTION + id;
}

function ofUser(key: string): string {
  return `user:${key}`;
}
