// The rows written to the collection. Each is there once, however many subsets hold it.

import type { SyncAppliedReceipt, SyncConfig } from '@tanstack/db';
import { keyText } from '../live-list.js';
import type { RowId } from 'nestjs-jira-protocol';
import { isEqual } from '../store/equal.js';

export type RowKey = string | number;
export type SyncParams = Parameters<SyncConfig<object, RowKey>['sync']>[0];

interface Held {
  readonly key: RowKey;
  row: object;
  readonly holders: Set<unknown>;
}

/** The collection's key of a row: one value, even if the server's key has several columns. */
export function collectionKey(id: RowId): RowKey {
  return typeof id === 'object' ? keyText(id) : id;
}

export class SyncedRows {
  private readonly held = new Map<string, Held>();
  /** While a list is being read: when each row last changed, counted by `now`. */
  private readonly told = new Map<string, number>();
  private isOpen = false;
  private listings = 0;
  private receipt: SyncAppliedReceipt = true;
  /** Counts changes. */
  now = 0;

  constructor(
    private readonly sync: Pick<SyncParams, 'begin' | 'write' | 'commit'>,
    readonly idOf: (row: object) => RowId,
  ) {}

  textOf(row: object): string {
    return keyText(this.idOf(row));
  }

  /** Runs `write`. What it writes becomes one transaction. */
  transact(write: () => void): SyncAppliedReceipt {
    try {
      write();
    } finally {
      // If `write` fails, what it wrote before is noted as written, so commit it.
      if (this.isOpen) this.receipt = this.sync.commit();
      else this.receipt = true;
      this.isOpen = false;
    }
    return this.receipt;
  }

  /** Notes that a list is being read, until the returned function is called. Changes until then may be newer than the list. */
  listing(): () => void {
    this.listings++;
    return () => {
      if (--this.listings === 0) this.told.clear();
    };
  }

  /** Notes that a change of this row is being applied. Returns the count of changes. */
  tell(text: string): number {
    this.now++;
    if (this.listings > 0) this.told.set(text, this.now);
    return this.now;
  }

  /** Writes a row of this holder. A row that has changed after `since` is newer than one from a list, and stays. */
  put(holder: unknown, row: object, since = Infinity): void {
    const text = this.textOf(row);
    const known = this.held.get(text);
    if (!known) {
      const key = collectionKey(this.idOf(row));
      this.held.set(text, { key, row, holders: new Set([holder]) });
      this.begin();
      return this.sync.write({ type: 'insert', value: row });
    }
    known.holders.add(holder);
    if ((this.told.get(text) ?? 0) > since || isEqual(known.row, row)) return;
    const previousValue = known.row;
    known.row = row;
    this.begin();
    this.sync.write({ type: 'update', value: row, previousValue });
  }

  /** Removes the row from this holder, and from the collection if no other holds it. */
  drop(holder: unknown, text: string): void {
    const known = this.held.get(text);
    if (!known?.holders.delete(holder) || known.holders.size > 0) return;
    this.held.delete(text);
    this.begin();
    this.sync.write({ type: 'delete', key: known.key });
  }

  has(holder: unknown, text: string): boolean {
    return this.held.get(text)?.holders.has(holder) ?? false;
  }

  /** The keys of a holder's rows. */
  textsOf(holder: unknown): string[] {
    return [...this.held].filter(([, { holders }]) => holders.has(holder)).map(([text]) => text);
  }

  private begin(): void {
    if (!this.isOpen) this.sync.begin();
    this.isOpen = true;
  }
}
