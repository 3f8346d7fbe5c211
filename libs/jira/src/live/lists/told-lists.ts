// What a live list was told to show lately: a client that comes back to it is told the difference.

import { randomBytes } from 'node:crypto';
import type { Shown } from './window-rows.js';

/** Lists that are remembered; one that changes faster is answered whole, which is not much more. */
const MAX_LISTS = 16;

/** Names cannot be guessed: who knows one was shown that very list. */
export class ToldLists {
  private readonly lists = new Map<string, Shown>();
  /** Of the newest; empty before the first. */
  name = '';

  add(shown: Shown): void {
    this.name = randomBytes(9).toString('base64url');
    this.lists.set(this.name, shown);
    const [oldest] = this.lists.keys();
    if (oldest !== undefined && this.lists.size > MAX_LISTS) this.lists.delete(oldest);
  }

  find(name: string): Shown | undefined {
    return this.lists.get(name);
  }
}
