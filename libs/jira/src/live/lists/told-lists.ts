// What clients of a live list were shown lately: one that comes back is told the difference.

import { randomBytes } from 'node:crypto';
import type { Shown } from './window-rows.js';

/** Lists that are remembered; one that changes faster is answered whole, which is not much more. */
const MAX_LISTS = 16;

export class ToldLists {
  private readonly lists = new Map<string, Shown>();
  /** Of the list as it is, once it was shown to somebody. */
  private name: string | undefined;

  /** The list is another now. */
  next(): void {
    this.name = undefined;
  }

  /** Names cannot be guessed: who knows one was shown that very list. */
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
