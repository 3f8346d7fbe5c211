// Remembers the states of a live list that clients were shown recently. A client that comes back gets the difference.

import { randomBytes } from 'node:crypto';
import type { Shown } from './window-rows.js';

/** States to remember. A list that changes faster is sent whole, which is not much more. */
const MAX_LISTS = 16;

export class ToldLists {
  private readonly lists = new Map<string, Shown>();
  /** The name of the current state, once it was shown to a client. */
  private name: string | undefined;

  /** The list has changed. */
  next(): void {
    this.name = undefined;
  }

  /** The name of the current state. Names cannot be guessed: a client that knows one was shown that state. */
  nameOf(shown: Shown): string {
    if (this.name !== undefined) return this.name;
    this.name = randomBytes(9).toString('base64url');
    this.lists.set(this.name, shown);
    const [oldest] = this.lists.keys();
    if (oldest !== undefined && this.lists.size > MAX_LISTS) this.lists.delete(oldest);
    return this.name;
  }

  find(name: string): Shown | undefined {
    return this.lists.get(name);
  }
}
