// What was written to the collection: the rows of all its parts, each once.

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

/** The collection's key of a row's: one value, also where the server's key has several columns. */
export function collectionKey(id: RowId): RowKey {
  return typeof id === 'object' ? keyText(id) : id;
}

export class SyncedRows {
  private readonly held = new Map<string, Held>();
  /** When a change told of a row last, for lists that were asked for before. */
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

  /** Writes as one transaction, if it writes anything. */
  transact(write: () => void): SyncAppliedReceipt {
    try {
      write();
    } finally {
      // What was written before a failure is noted as written.
      if (this.isOpen) this.receipt = this.sync.commit();
      else this.receipt = true;
      this.isOpen = false;
    }
    return this.receipt;
  }

  /** A list is asked for, until the returned function is called: changes meanwhile may be newer than it. */
  listing(): () => void {
    this.listings++;
    return () => {
      if (--this.listings === 0) this.told.clear();
    };
  }

  /** A change is being applied. */
  tell(text: string): number {
    this.now++;
    if (this.listings > 0) this.told.set(text, this.now);
    return this.now;
  }

  /** Writes a row of this holder's; a row that a change told of since `since` is newer than one from a list. */
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

  /** This holder has the row no longer. */
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

  /** The rows of a holder. */
  textsOf(holder: unknown): string[] {
    return [...this.held].filter(([, { holders }]) => holders.has(holder)).map(([text]) => text);
  }

  private begin(): void {
    if (!this.isOpen) this.sync.begin();
    this.isOpen = true;
  }
}
