// Delivers the queue of one recipient to one connection.

import { MESSAGE_EVENT } from 'nestjs-jira-protocol';
import type { Connection } from '../../core/connections/connection.js';
import type { MessageQueue } from './message-queue.js';

export interface DeliveryParts {
  readonly queue: MessageQueue;
  readonly connection: Connection;
  /** Messages older than this are dropped, not sent. */
  readonly ttlMs: number;
  readonly report: (error: unknown) => void;
}

export class Delivery {
  private after?: string;
  // Most connections never get a message, so these are created for the first one.
  /** Slots of messages that were sent but not acknowledged, by message id. */
  private open?: Map<string, string[]>;
  /** Slots that are acknowledged but not removed yet: the queue may be unavailable. */
  private done?: Set<string>;
  private isDue = false;
  private isReading = false;

  constructor(
    readonly recipient: string,
    private readonly parts: DeliveryParts,
  ) {}

  /** Sends what was not sent yet. It reads the queue once at a time, so that nothing is sent twice or out of order. */
  deliver(): void {
    this.isDue = true; // the next read will see this message, too
    if (!this.isReading) void this.readOn();
  }

  private async readOn(): Promise<void> {
    this.isReading = true;
    while (this.isDue) {
      await Promise.resolve(); // so that one read gets everything added in this turn
      this.isDue = false;
      try {
        await this.deliverNow();
      } catch (error) {
        this.parts.report(error);
      }
    }
    this.isReading = false;
  }

  /**
   * Removes acknowledged messages from the queue. Rejects if the queue is unavailable; this is retried on the next
   * message, and when the queue is back.
   */
  async acknowledge(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      for (const slot of this.open?.get(id) ?? []) this.noteDone(slot);
      this.open?.delete(id);
    }
    await this.removeDone();
  }

  private async deliverNow(): Promise<void> {
    const { queue, connection, ttlMs } = this.parts;
    await this.removeDone();
    const messages = await queue.read(this.recipient, this.after);
    for (const { id, event, data, slot, sentAt } of messages) {
      if (connection.isClosed) return;
      this.after = slot;
      if (sentAt.getTime() < Date.now() - ttlMs) continue;
      if (connection.dialect === 'jira') {
        this.open ??= new Map();
        this.open.set(id, [...(this.open.get(id) ?? []), slot]);
        connection.send(MESSAGE_EVENT, { id, event, data });
      } else {
        connection.send(event, data);
        this.noteDone(slot);
      }
    }
    await this.removeDone();
  }

  private noteDone(slot: string): void {
    (this.done ??= new Set()).add(slot);
  }

  private async removeDone(): Promise<void> {
    const { done } = this;
    if (!done || done.size === 0) return;
    const slots = [...done];
    await this.parts.queue.remove(this.recipient, slots);
    for (const slot of slots) done.delete(slot);
  }
}
