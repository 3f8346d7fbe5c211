// Records what one transaction writes: each touched row with its image before, and at the end the net changes.

import type { QueryRunner } from 'typeorm';
import type { Change } from '../../core/changes/change.js';
import { noteExact } from '../../core/changes/exact-values.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { linkOf, linkOwners } from './junctions.js';
import { changesOf, hasChanged } from './net-change.js';
import { readByKeys } from './row-reader.js';
import type { TouchedRow } from './touched-row.js';
import { keyString, type RawKey, type RawRow, type TrackedTable } from './tracked-table.js';

/** One write of a transaction: the runner it uses (which may have joined the transaction), and what it touches. */
export interface CapturedWrite {
  readonly table: TrackedTable;
  readonly runner: QueryRunner;
  readonly transaction: CapturedTransaction;
  /** Whether the transaction has touched the row already. */
  readonly has: (key: RawKey) => boolean;
  readonly touch: (key: RawKey, before: RawRow | null) => void;
  /** Notes a row of another table that the write deletes or renames as well. */
  readonly touchLink: (junction: TrackedTable, key: RawKey, before: RawRow | null) => void;
  readonly noteGap: (error: unknown) => void;
}

/** The transactions of this process whose COMMIT was sent and is not answered. */
export interface Committing {
  /** By the rows they touched. */
  readonly rows: Map<string, CapturedTransaction>;
  /** Transactions that are a single insert, by the path of its table. */
  readonly inserts: Map<string, Set<CapturedTransaction>>;
}

export class CapturedTransaction {
  private readonly rows = new Map<string, TouchedRow>();
  private readonly predecessors = new Set<CapturedTransaction>();
  private settle: () => void = () => undefined;
  /** Resolves when it has ended. */
  readonly settled = new Promise<void>((resolve) => (this.settle = resolve));
  private hasEnded = false;
  private disowned: Error | undefined;
  /** The table of the insert, if the transaction is a single insert that commits by itself. */
  private inserted: TrackedTable | undefined;
  /** Tables whose changes cannot be named, and why. */
  readonly gaps = new Map<TrackedTable, unknown>();
  /** True once the after images were read; after a later write they must be read again. */
  isRead = false;
  /** Number of statements sent so far. */
  private statements = 0;
  /** Number of statements that may have changed other rows than those they named. */
  private wild = 0;
  /** Number of savepoints rolled back so far. */
  undone = 0;

  constructor(
    /** Its runner, or an object that stands for it. */
    readonly runner: object,
    private readonly committing: Committing,
    /** The savepoints that are open now. */
    private readonly savepoints: readonly string[],
  ) {}

  /** Notes a row whose state before the transaction is known; later notes of the same row change nothing. */
  touch(table: TrackedTable, key: RawKey, before: RawRow | null): TouchedRow {
    const name = `${table.path}\n${keyString(key)}`;
    const known = this.rows.get(name);
    if (known) return known;
    // Rows are touched once they are locked. A transaction that sent its COMMIT after touching this row has therefore
    // committed, even if its answer is still on the way. One that sent none has lost the row: PostgreSQL undoes a
    // savepoint, and MariaDB the transaction of a deadlock's victim, before the victim hears of it.
    const earlier = this.committing.rows.get(name);
    if (earlier && !earlier.predecessors.has(this)) this.predecessors.add(earlier);
    for (const one of this.committing.inserts.get(table.path) ?? []) if (one !== this) this.predecessors.add(one);
    const row: TouchedRow = { table, key, before, after: null, links: [], depth: this.savepoints.length + 1 };
    this.rows.set(name, row);
    return row;
  }

  /** The rows of a table that it has touched. */
  rowsOf(table: TrackedTable): TouchedRow[] {
    return [...this.rows.values()].filter((row) => row.table === table);
  }

  has(table: TrackedTable, key: RawKey): boolean {
    return this.rows.has(`${table.path}\n${keyString(key)}`);
  }

  /** For a write through this runner. */
  write(table: TrackedTable, runner: QueryRunner): CapturedWrite {
    return {
      table,
      runner,
      transaction: this,
      has: (key) => this.has(table, key),
      touch: (key, before) => this.touch(table, key, before),
      touchLink: (junction, key, before) => this.touch(junction, key, before),
      noteGap: (error) => void this.gaps.set(table, error),
    };
  }

  /** Gives up naming the changed rows: subscribers of their tables must refetch. */
  noteGaps(error: unknown): void {
    for (const { table } of this.rows.values()) this.gaps.set(table, error);
    if (this.inserted) this.gaps.set(this.inserted, error);
  }

  /** Announces its changes only as a gap from now on. */
  disown(reason: string): void {
    this.disowned ??= new Error(reason);
    this.noteGaps(this.disowned);
    this.forgetAll();
  }

  /** A savepoint of this depth was rolled back: rows that were first written since are unchanged. */
  rollBackTo(depth: number): void {
    this.undone += 1;
    for (const [name, row] of this.rows) if (row.depth >= depth) this.forget(name);
  }

  /** A savepoint of this depth was released: its rows now share the fate of its parent. */
  release(depth: number): void {
    for (const row of this.rows.values()) if (row.depth >= depth) row.depth = depth - 1;
  }

  /** Notes a statement that is about to be sent. @param isTame whether it changes no row */
  noteStatement(isTame: boolean): void {
    this.statements += 1;
    if (!isTame) this.wild += 1;
  }

  /** Sends one statement, and tells whether no other was sent meanwhile. */
  async send<T>(statement: () => Promise<T>): Promise<{ readonly result: T; readonly isAlone: boolean }> {
    const mark = this.wild;
    const result = await statement();
    return { result, isAlone: this.wild === mark + 1 };
  }

  /** Runs a query of the library's own that changes nothing, so that rows that were read stay current. */
  async ask<T>(query: () => Promise<T>): Promise<T> {
    const { result, isAlone } = await this.send(query);
    if (isAlone) this.wild -= 1;
    return result;
  }

  /**
   * Takes over rows as the last statement left them.
   *
   * @param isTame whether it cannot have changed other rows
   */
  noteAfter(table: TrackedTable, keys: readonly RawKey[], rows: readonly RawRow[], isTame: boolean): void {
    if (isTame) this.wild -= 1;
    const after = new Map(rows.map((row) => [keyString(table.keyOf(row)), row]));
    for (const key of keys) {
      const name = keyString(key);
      const touched = this.rows.get(`${table.path}\n${name}`);
      if (touched) Object.assign(touched, { after: after.get(name) ?? null, readAt: this.wild });
    }
  }

  /** The number of statements sent: what was read stays current while it is the same. */
  get mark(): number {
    return this.statements;
  }

  /** Reads a row as it is now. Unless another statement follows, the commit need not read it again. */
  async readNow(runner: QueryRunner, table: TrackedTable, key: RawKey): Promise<RawRow | null> {
    const known = this.rows.get(`${table.path}\n${keyString(key)}`);
    if (known?.readAt === this.wild) return known.after;
    const mark = this.wild;
    const [row = null] = await this.ask(() => readByKeys(runner, table, [key], 'newest'));
    const touched = row && this.rows.get(`${table.path}\n${keyString(table.keyOf(row))}`);
    // Another statement may have been sent meanwhile.
    if (touched && this.wild === mark) Object.assign(touched, { after: row, readAt: mark });
    return row;
  }

  /**
   * Reads the after images, by one query per table.
   *
   * @param runner the one whose statement is about to commit
   */
  async readAfterImages(owners: ReadonlyMap<string, TrackedTable>, runner: QueryRunner): Promise<void> {
    this.isRead = true;
    await this.readAfter(
      [...this.rows.values()].filter(({ readAt }) => readAt !== this.wild),
      runner,
    );
    for (const row of this.rows.values()) row.links = [];
    const junctionRows = [...this.rows.values()].filter((row) => row.table.isJunction && hasChanged(row));
    if (junctionRows.length > 0) await linkOwners(this, runner, junctionRows, owners);
  }

  private async readAfter(rows: readonly TouchedRow[], runner: QueryRunner): Promise<void> {
    for (const [table, touched] of byTable(rows)) {
      const after = new Map<string, RawRow>();
      const keys = touched.map((row) => row.key);
      for (const row of await readByKeys(runner, table, keys, 'newest')) after.set(keyString(table.keyOf(row)), row);
      for (const row of touched) row.after = after.get(keyString(row.key)) ?? null;
    }
  }

  /** The net changes of the watched entities, in the order of the first write to each row. */
  changes(source: string, isWatched: (entity: string) => boolean): Change[] {
    const rows = [...this.rows.values()].filter(
      (row) => !row.table.isJunction && (row.links.length > 0 || hasChanged(row)),
    );
    const changes = rows.flatMap((row) =>
      changesOf(row, source).map((change) => (row.links.length > 0 ? linked(change, row) : change)),
    );
    return changes.filter((change) => [change.entity, ...(change.ancestors ?? [])].some(isWatched));
  }

  /** Call it when its COMMIT is about to be sent. */
  noteCommit(): void {
    for (const name of this.rows.keys()) this.committing.rows.set(name, this);
  }

  /**
   * Call it when an insert that commits by itself is about to be sent. Until it is answered, any row of the table may
   * be its own.
   */
  noteInsert(table: TrackedTable): void {
    this.inserted = table;
    getOrAdd(this.committing.inserts, table.path, () => new Set<CapturedTransaction>()).add(this);
  }

  /** Reports the insert's outcome. @param isFinal whether the row is as the commit left it */
  noteInserted(row: RawRow, isFinal: boolean): void {
    if (!isFinal) this.disown('A trigger may have changed an inserted row.');
    // After it was given up, its rows were announced as a gap.
    if (!this.inserted || this.disowned) return;
    this.touch(this.inserted, this.inserted.keyOf(row), null).after = row;
  }

  /** Earlier transactions on the same rows whose COMMIT is not answered yet. */
  unsettledPredecessors(): CapturedTransaction[] {
    return [...this.predecessors].filter((one) => !one.hasEnded);
  }

  forgetAll(): void {
    for (const name of this.rows.keys()) this.forget(name);
  }

  /** Call it when the transaction is over and announced. */
  end(): void {
    this.hasEnded = true;
    this.forgetAll();
    if (this.inserted) this.committing.inserts.get(this.inserted.path)?.delete(this);
    this.settle();
  }

  private forget(name: string): void {
    this.rows.delete(name);
    if (this.committing.rows.get(name) === this) this.committing.rows.delete(name);
  }
}

function linked(change: Change, { links }: TouchedRow): Change {
  const whole = { ...change, links: links.map(linkOf) };
  noteExact(whole);
  return whole;
}

function byTable(rows: readonly TouchedRow[]): Map<TrackedTable, TouchedRow[]> {
  const groups = new Map<TrackedTable, TouchedRow[]>();
  for (const row of rows) {
    const group = groups.get(row.table);
    if (group) group.push(row);
    else groups.set(row.table, [row]);
  }
  return groups;
}
