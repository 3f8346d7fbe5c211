// Keeps lists for a while after all their clients were cut off, so that clients that come back continue without a
// query.

import type { Channel } from '../delivery/channel.js';

/** Clients that lost their connection through a proxy or a change of networks are back within seconds. */
const REST_MS = 30_000;
/** With more, the list that has rested longest ends: lists of clients that never come back must cost nothing. */
const MAX_LISTS = 1_000;

interface Resting {
  readonly timer: NodeJS.Timeout;
  readonly end: () => void;
}

export class RestingLists {
  private readonly lists = new Map<Channel, Resting>();

  /** @param end called unless the list is woken in time */
  add(channel: Channel, end: () => void): void {
    const timer = setTimeout(() => this.end(channel), REST_MS).unref();
    this.lists.set(channel, { timer, end });
    const [oldest] = this.lists.keys();
    if (oldest && this.lists.size > MAX_LISTS) this.end(oldest);
  }

  /** A client has come back. */
  wake(channel: Channel): void {
    clearTimeout(this.lists.get(channel)?.timer);
    this.lists.delete(channel);
  }

  endAll(): void {
    for (const channel of this.lists.keys()) this.end(channel);
  }

  private end(channel: Channel): void {
    const resting = this.lists.get(channel);
    this.wake(channel);
    resting?.end();
  }
}
