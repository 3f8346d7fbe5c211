// Sends to recipients wherever they are, and delivers to those that are here.

import { randomUUID } from 'node:crypto';
import { isReservedName, MESSAGE_EVENT } from 'nestjs-jira-protocol';
import { JiraException } from '../errors/jira.exception.js';
import type { LifecycleEvents } from '../lifecycle/lifecycle-events.js';
import type { Connection } from '../scope/connection.js';
import type { Connections } from '../scope/connections.js';
import type { ConnectionStore } from './connection-store.js';
import type { ExpiredMessage, MessageQueue } from './message-queue.js';

/** A connection by its id, or a user (or its key), on whatever connections, now or later. */
export type Recipient = string | { readonly user: unknown };

export interface SendOptions {
  /** A message sent again under its id arrives once. @default a new one */
  readonly id?: string;
}

export interface MessagesParts {
  readonly queue: MessageQueue;
  readonly store: ConnectionStore;
  readonly connections: Connections;
  readonly lifecycle: LifecycleEvents;
  readonly report: (error: unknown) => void;
  /** Hears of messages that nobody acknowledged in time. */
  readonly expired: (message: ExpiredMessage) => void;
}

/** Room for what a busy user gets in a weekend. */
const KEEP_COUNT = 1_000;
const KEEP_MS = 7 * 24 * 3_600_000;
const SWEEP_MS = 60_000;

/** What one connection has been sent of one recipient's queue. */
interface Delivery {
  readonly recipient: string;
  after?: string;
  /** Places by message id, not acknowledged yet. */
  readonly open: Map<string, string[]>;
  /** Places acknowledged, and not yet removed: the queue may be away. */
  readonly done: Set<string>;
  last: Promise<void>;
}

/**
 * Messages arrive in order, and again at the next connection until a client acknowledges them; our client drops what it
 * has had. A message to a user goes to all of the user's connections and is done when one of them acknowledges it.
 * Clients of other dialects do not acknowledge: for them it is done when it was handed to the transport.
 *
 * @example
 * await this.messages.send({ user: issue.assigneeId }, 'assigned', { issue: issue.id });
 */
export class Messages {
  private readonly deliveries = new Map<string, readonly Delivery[]>();
  private undo: (() => void)[] = [];
  private timer?: NodeJS.Timeout;

  constructor(private readonly parts: MessagesParts) {}

  /** Resolves with the message's id once the queue has it. Throws NOT_FOUND for a connection that is in no process. */
  async send(to: Recipient, event: string, data: unknown, { id = randomUUID() }: SendOptions = {}): Promise<string> {
    if (isReservedName(event)) throw new TypeError(`"${event}" is a reserved event name.`);
    const { queue, store, lifecycle, expired } = this.parts;
    if (typeof to === 'string' && !this.parts.connections.get(to) && !(await store.get(to)))
      throw new JiraException('NOT_FOUND', `There is no connection "${to}".`);
    const recipient = typeof to === 'string' ? `connection:${to}` : this.userRecipient(to.user);
    if (recipient === undefined) throw new TypeError('This user has no key: see the option "userKey".');
    for (const message of await queue.add(recipient, { id, event, data, sentAt: new Date() }, KEEP_COUNT))
      expired(message);
    if (lifecycle.hears('jira.added_message_to_queue'))
      lifecycle.emit('jira.added_message_to_queue', { id, recipient, event, data });
    return id;
  }

  /** Called for a client's acknowledgement. */
  async acknowledge(connection: Connection, ids: readonly string[]): Promise<void> {
    for (const delivery of this.deliveries.get(connection.id) ?? []) {
      for (const id of ids) {
        for (const place of delivery.open.get(id) ?? []) delivery.done.add(place);
        delivery.open.delete(id);
      }
      await this.removeDone(delivery);
    }
  }

  /** Called at boot. */
  start(): void {
    const { lifecycle, queue } = this.parts;
    this.undo = [
      lifecycle.on('jira.connection_open', ({ connection }) => this.opened(connection)),
      lifecycle.on('jira.connection_closed', ({ connection }) => this.closed(connection)),
      queue.watch((recipient) => this.deliverAll(recipient)),
    ];
    this.timer = setInterval(() => void this.sweep(), SWEEP_MS).unref();
  }

  stop(): void {
    for (const undo of this.undo) undo();
    clearInterval(this.timer);
  }

  /** Removes and reports what is older than may be kept; done by itself every minute. */
  async sweep(now = Date.now()): Promise<void> {
    try {
      for (const message of await this.parts.queue.expire(new Date(now - KEEP_MS))) this.parts.expired(message);
    } catch (error) {
      this.parts.report(error);
    }
  }

  private userRecipient(user: unknown): string | undefined {
    const key = this.parts.connections.keyOf(user);
    return key === undefined ? undefined : `user:${key}`;
  }

  private opened(connection: Connection): void {
    const recipients = [`connection:${connection.id}`, this.userRecipient(connection.user)];
    const deliveries = recipients
      .filter((recipient) => recipient !== undefined)
      .map((recipient): Delivery => ({ recipient, open: new Map(), done: new Set(), last: Promise.resolve() }));
    this.deliveries.set(connection.id, deliveries);
    for (const delivery of deliveries) this.deliver(connection, delivery);
  }

  /** What was meant for this very connection will reach nobody. */
  private closed({ id }: Connection): void {
    const [own] = this.deliveries.get(id) ?? [];
    this.deliveries.delete(id);
    if (own) void this.dropOwn(own.recipient);
  }

  private async dropOwn(recipient: string): Promise<void> {
    try {
      const left = await this.parts.queue.read(recipient);
      await this.parts.queue.remove(recipient, left.map(({ place }) => place)); // prettier-ignore
      for (const message of left) this.parts.expired({ ...message, recipient });
    } catch (error) {
      this.parts.report(error);
    }
  }

  private deliverAll(recipient?: string): void {
    for (const [id, deliveries] of this.deliveries) {
      const connection = this.parts.connections.get(id);
      for (const delivery of deliveries)
        if (connection && (recipient === undefined || delivery.recipient === recipient))
          this.deliver(connection, delivery);
    }
  }

  /** One read of a queue after the other: none is sent twice, and none out of turn. */
  private deliver(connection: Connection, delivery: Delivery): void {
    delivery.last = delivery.last.then(() => this.deliverNow(connection, delivery)).catch(this.parts.report); // prettier-ignore
  }

  private async deliverNow(connection: Connection, delivery: Delivery): Promise<void> {
    await this.removeDone(delivery);
    const messages = await this.parts.queue.read(delivery.recipient, delivery.after);
    for (const { id, event, data, place } of messages) {
      if (connection.isClosed) return;
      delivery.after = place;
      if (connection.dialect === 'jira') {
        delivery.open.set(id, [...(delivery.open.get(id) ?? []), place]);
        connection.send(MESSAGE_EVENT, { id, event, data });
      } else {
        connection.send(event, data);
        delivery.done.add(place);
      }
    }
    await this.removeDone(delivery);
  }

  /** What fails here is tried again at the next message, and when the queue is back. */
  private async removeDone({ recipient, done }: Delivery): Promise<void> {
    if (done.size === 0) return;
    const places = [...done];
    await this.parts.queue.remove(recipient, places);
    for (const place of places) done.delete(place);
  }
}
