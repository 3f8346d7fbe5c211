// What one connection is sent of one recipient's queue.

import { MESSAGE_EVENT } from 'nestjs-jira-protocol';
import type { Connection } from '../scope/connection.js';
import type { MessageQueue } from './message-queue.js';

export interface DeliveryParts {
  readonly queue: MessageQueue;
  readonly connection: Connection;
  /** What is older is given up, and not sent any more. */
  readonly ttlMs: number;
  readonly report: (error: unknown) => void;
}

export class Delivery {
  private after?: string;
  /** Places by message id, not acknowledged yet. */
  private readonly open = new Map<string, string[]>();
  /** Places acknowledged, and not yet removed: the queue may be away. */
  private readonly done = new Set<string>();
  private last: Promise<void> = Promise.resolve();
  private isDue = false;

  constructor(
    readonly recipient: string,
    private readonly parts: DeliveryParts,
  ) {}

  /** Sends what it has not sent. One read of the queue after the other: none is sent twice, and none out of turn. */
  deliver(): void {
    if (this.isDue) return; // the read that will come sees this one too
    this.isDue = true;
    const run = (): Promise<void> => {
      this.isDue = false;
      return this.deliverNow();
    };
    this.last = this.last.then(run).catch(this.parts.report); // prettier-ignore
  }

  /** Rejects when the queue is away: then it is tried again at the next message, and when the queue is back. */
  async acknowledge(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      for (const place of this.open.get(id) ?? []) this.done.add(place);
      this.open.delete(id);
    }
    await this.removeDone();
  }

  private async deliverNow(): Promise<void> {
    const { queue, connection, ttlMs } = this.parts;
    await this.removeDone();
    const messages = await queue.read(this.recipient, this.after);
    for (const { id, event, data, place, sentAt } of messages) {
      if (connection.isClosed) return;
      this.after = place;
      if (sentAt.getTime() < Date.now() - ttlMs) continue;
      if (connection.dialect === 'jira') {
        this.open.set(id, [...(this.open.get(id) ?? []), place]);
        connection.send(MESSAGE_EVENT, { id, event, data });
      } else {
        connection.send(event, data);
        this.done.add(place);
      }
    }
    await this.removeDone();
  }

  private async removeDone(): Promise<void> {
    if (this.done.size === 0) return;
    const places = [...this.done];
    await this.parts.queue.remove(this.recipient, places);
    for (const place of places) this.done.delete(place);
  }
}
