// Keeps message queues in memory, for one process.

import type { ExpiredMessage, Message, MessageQueue, QueuedMessage } from './message-queue.js';
import { decode, encode } from '../../core/support/plain-data.js';

/** The default `messageQueue`. Messages that nobody has acknowledged are lost when the process ends. */
export class MemoryMessageQueue implements MessageQueue {
  private readonly queues = new Map<string, QueuedMessage[]>();
  private readonly listeners = new Set<(recipient?: string) => void>();
  private count = 0;

  async add(recipient: string, message: Message, keepCount: number): Promise<ExpiredMessage[]> {
    const queue = this.queues.get(recipient) ?? [];
    this.queues.set(recipient, queue);
    // Copied, as if it had been sent between processes.
    queue.push({ ...message, data: decode(encode(message.data)), slot: `${++this.count}` });
    const expired = queue.splice(0, Math.max(0, queue.length - keepCount));
    for (const listener of this.listeners) listener(recipient);
    return expired.map((one) => ({ ...one, recipient }));
  }

  async read(recipient: string, after = '0'): Promise<QueuedMessage[]> {
    return (this.queues.get(recipient) ?? []).filter(({ slot }) => Number(slot) > Number(after));
  }

  async remove(recipient: string, slots: readonly string[]): Promise<void> {
    this.keep(recipient, ({ slot }) => !slots.includes(slot));
  }

  async expire(before: Date): Promise<ExpiredMessage[]> {
    const expired: ExpiredMessage[] = [];
    for (const [recipient, queue] of this.queues) {
      for (const message of queue) if (message.sentAt < before) expired.push({ ...message, recipient });
      this.keep(recipient, ({ sentAt }) => sentAt >= before);
    }
    return expired;
  }

  watch(listener: (recipient?: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private keep(recipient: string, test: (message: QueuedMessage) => boolean): void {
    const kept = (this.queues.get(recipient) ?? []).filter(test);
    if (kept.length > 0) this.queues.set(recipient, kept);
    else this.queues.delete(recipient);
  }
}
