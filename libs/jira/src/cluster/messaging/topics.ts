// The PubSub subscriptions of one process, by key.

import { Mailbox, type MailboxOptions } from './mailbox.js';

export class Topics {
  private readonly boxes = new Map<string, Set<Mailbox<unknown>>>();

  /** @param onLast called when a key has no more subscribers in this process */
  constructor(private readonly onLast: (key: string) => void = () => undefined) {}

  has(key: string): boolean {
    return this.boxes.has(key);
  }

  open<T>(key: string, options: MailboxOptions, ready?: Promise<void>): Mailbox<T> {
    const box = new Mailbox<T>(options, () => this.remove(key, box as Mailbox<unknown>), ready);
    const boxes = this.boxes.get(key) ?? new Set<Mailbox<unknown>>();
    this.boxes.set(key, boxes.add(box as Mailbox<unknown>));
    return box;
  }

  /** @param copyOf returns a copy of the value for each subscriber, who may change it */
  put(key: string, copyOf: () => unknown): void {
    for (const box of this.boxes.get(key) ?? []) box.put(copyOf());
  }

  endAll(): void {
    for (const boxes of this.boxes.values()) for (const box of boxes) box.end();
  }

  private remove(key: string, box: Mailbox<unknown>): void {
    const boxes = this.boxes.get(key);
    boxes?.delete(box);
    if (boxes?.size !== 0) return;
    this.boxes.delete(key);
    this.onLast(key);
  }
}
