// Keeps the first rows of a list sorted in memory: a change is applied without querying the database.

import { isPromise } from '../../core/support/is-promise.js';
import { keyOfRow, type ListedRow } from './difference.js';
import type { SortKey, SortedList, SortedPage } from './list-definition.js';
import { listedAs, sameOr, type RowChange, type Shown, type WindowRows } from './window-rows.js';

interface Entry extends ListedRow {
  readonly sortKey: SortKey;
}

/**
 * Holds every row of the list up to its bound, the last sort key that it knows, or all rows if it is complete. Changes
 * that a read already knew may be applied again: the last change of a row decides where it is.
 */
export class SortedRows implements WindowRows {
  private entries: Entry[] = [];
  /** The last known sort key, unless the rows are complete. */
  private bound: SortKey = [];
  private isComplete = false;
  /** Whether memory sorts the rows as the database does. */
  private isExact = false;
  private count: number | null = null;

  constructor(private readonly list: SortedList) {}

  get shown(): Shown {
    const { entries, count, isComplete } = this;
    const { limit } = this.list;
    return { listed: entries.slice(0, limit), count, complete: isComplete && entries.length <= limit };
  }

  get isShort(): boolean {
    return this.isExact && !this.isComplete && this.entries.length < this.list.limit;
  }

  get isReckoned(): boolean {
    return this.count !== null && !this.isComplete;
  }

  async read(): Promise<() => void> {
    const page = await this.list.read();
    return () => this.take(page);
  }

  apply({ id, wasIn, after, show }: RowChange): boolean {
    if (!this.isExact) return !wasIn && !after;
    const key = keyOfRow(id);
    const from = this.entries.findIndex((entry) => entry.key === key);
    const sortKey = after && this.list.order.sortKeyOf(after);
    if (after && !sortKey) return false;
    if (sortKey && this.isWithin(sortKey)) {
      const data = show();
      if (isPromise(data)) return false;
      const entry = { id, key, sortKey, data: sameOr(this.entries[from], data) };
      if (from >= 0) this.entries.splice(from, 1);
      this.entries.splice(this.indexOf(sortKey), 0, entry);
    } else if (from >= 0) this.entries.splice(from, 1);
    if (this.count !== null) this.count += Number(after !== undefined) - Number(wasIn);
    this.trim();
    return true;
  }

  private take({ rows, count }: SortedPage): void {
    this.isExact = isSorted(rows, this.list);
    const listed = listedAs(this.entries, rows);
    // If the order is not exact, sort keys are not used.
    this.entries = listed.map(({ id, key, data }, i) => ({ id, key, sortKey: rows[i].sortKey ?? [], data }));
    this.isComplete = rows.length < this.list.size;
    this.count = count;
    this.bound = this.entries.at(-1)?.sortKey ?? [];
  }

  private isWithin(sortKey: SortKey): boolean {
    return this.isComplete || this.list.order.compare(sortKey, this.bound) <= 0;
  }

  /** The index of the first row that does not come before the key. */
  private indexOf(sortKey: SortKey): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.list.order.compare(this.entries[middle].sortKey, sortKey) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private trim(): void {
    if (this.count !== null && this.isComplete) this.count = this.entries.length;
    if (this.entries.length <= this.list.size) return;
    this.entries.length = this.list.size;
    this.isComplete = false;
    this.bound = this.entries.at(-1)?.sortKey ?? [];
  }
}

/** Whether the database returned the rows in the order that memory would sort them. */
function isSorted(rows: readonly { readonly sortKey?: SortKey | undefined }[], { order }: SortedList): boolean {
  return rows.every(({ sortKey }, i) => {
    const former = i === 0 ? undefined : rows[i - 1].sortKey;
    return sortKey !== undefined && (i === 0 || (former !== undefined && order.compare(former, sortKey) < 0));
  });
}
