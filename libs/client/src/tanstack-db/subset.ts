// The rows of one filter: subscribed to, read, and kept current while they are needed.

import type { Query, RowId } from 'nestjs-jira-protocol';
import type { Change, Subscription, SubscriptionState } from '../change.js';
import { JiraClientError } from '../errors.js';
import type { UntypedHookClient } from '../hook-client.js';
import { keyText } from '../live-list.js';
import { plainFilters } from '../store/layers.js';
import { isEnough, valueAt, type Demand } from './order.js';
import { readPages, type ReadPages } from './read-pages.js';
import type { SyncedRows } from './synced-rows.js';
import { Waits } from './waits.js';

export interface SubsetParts {
  readonly hook: UntypedHookClient;
  readonly rows: SyncedRows;
  readonly filter: Query;
  /** The key of the only row, if the filter is a key. */
  readonly id?: RowId;
  /** Called after an unrequested refetch: the first rows of an order may have changed. */
  slid(this: void): void;
  /** Called when the subset ends, because it was refused or a permission was lost. */
  ended(this: void, error: unknown): void;
}

interface Load {
  readonly demand: Demand | undefined;
  readonly done: Promise<void>;
  isDone: boolean;
}

/** The wait before reading again after a temporary failure, or after rows moved between pages. It doubles each time. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;

/** How long after a list a change may arrive that the list does not contain. */
const LATE_MS = 1_000;

const WHOLE = '*';

export class Subset {
  /** The claims that need this subset. */
  readonly claims = new Set<object>();
  readonly subscription: Subscription;
  private readonly loads = new Map<string, Load>();
  /** While a list is being read: when each row last changed, counted by `rows.now`. */
  private readonly touched = new Map<string, number>();
  private readonly waits = new Waits();
  private reading = 0;
  /** Counts changes that may move other rows to another page. */
  private slides = 0;
  private slidingUntil = 0;
  private retries = 0;
  private isStopped = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private refetching: Promise<void> | undefined;
  private isStale = false;
  /** Whether the next refetch was not requested by a caller. */
  private isUnasked = false;
  private readonly sleepers = new Set<() => void>();
  private readonly fits: (row: Readonly<Record<string, unknown>>) => boolean;

  constructor(private readonly parts: SubsetParts) {
    const { hook, filter, id } = parts;
    this.fits = plainFilters(filter).fits;
    const query = id === undefined ? filter : { pk: id };
    this.subscription = hook.subscribe(query, (change) => this.changed(change), {
      onState: (state, reason, recovered) => this.stateChanged(state, reason, recovered),
    });
  }

  /** Loads these rows, or all. Resolves once they are there. */
  load(demand?: Demand): Promise<void> {
    const known = this.covering(demand);
    if (known) return known.done;
    const name = nameOf(demand);
    const load: Load = { demand, isDone: false, done: this.fill(demand) };
    this.loads.set(name, load);
    load.done.then(
      () => (load.isDone = true),
      () => this.loads.get(name) === load && this.loads.delete(name),
    );
    return load.done;
  }

  hasLoaded(demand?: Demand): boolean {
    return this.covering(demand)?.isDone === true;
  }

  /** Reads all loaded rows again, and writes the differences. */
  refetch(): Promise<void> {
    if (this.refetching) this.isStale = true;
    return (this.refetching ??= this.readAgain().finally(() => {
      this.refetching = undefined;
      if (!this.isStale) return;
      this.isStale = false;
      void this.refetch().catch(this.parts.ended);
    }));
  }

  /** Whether a change of this row should arrive here, as far as the client can tell. */
  concerns(text: string, row: unknown): boolean {
    if (this.parts.rows.has(this, text)) return true;
    if (this.parts.id !== undefined) return keyText(this.parts.id) === text;
    return typeof row === 'object' && row !== null && this.fits(row as Readonly<Record<string, unknown>>);
  }

  /** Resolves once the commit's change of this row, or a list requested after it, has been applied. */
  applied(position: string, text: string): Promise<void> {
    return this.isStopped ? Promise.resolve() : this.waits.of(position, text);
  }

  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    clearTimeout(this.timer);
    this.subscription();
    this.waits.settleAll();
    for (const wake of this.sleepers) wake();
    const { rows } = this.parts;
    void rows.transact(() => rows.textsOf(this).forEach((text) => rows.drop(this, text)));
  }

  private covering(demand: Demand | undefined): Load | undefined {
    const whole = this.loads.get(WHOLE);
    if (whole || !demand) return whole;
    const load = this.loads.get(nameOf(demand));
    return load?.demand && load.demand.rows >= demand.rows ? load : undefined;
  }

  private changed(change: Change): void {
    if (this.isStopped) return;
    if (change.type === 'reset') {
      if (this.loads.size > 0) this.refetchUnasked();
      return;
    }
    const { rows } = this.parts;
    const text = change.type === 'removed' ? keyText(change.id) : rows.textOf(change.data as object);
    const now = rows.tell(text);
    if (this.reading > 0) this.touched.set(text, now);
    void rows.transact(() => {
      if (change.type === 'removed') rows.drop(this, text);
      else rows.put(this, change.data as object);
    });
    this.waits.tell(change.position, text);
    if (change.type === 'added') return;
    this.slides++;
    if (Date.now() < this.slidingUntil) this.later();
  }

  private async fill(demand: Demand | undefined): Promise<void> {
    await this.subscription.ready;
    try {
      await this.pass([demand], !demand);
    } catch (error) {
      // The hook does not allow this ordering, so load all rows.
      if (!demand || !(error instanceof JiraClientError) || !error.errors?.['ordering']) throw error;
      await this.load();
    }
  }

  private refetchUnasked(): void {
    this.isUnasked = true;
    void this.refetch().catch(this.parts.ended);
  }

  private async readAgain(): Promise<void> {
    const { isUnasked } = this;
    this.isUnasked = false;
    const demands = [...this.loads.values()].map(({ demand }) => demand);
    await this.pass(demands, true);
    // A caller that requested the refetch reads the rows anyway.
    if (isUnasked && !this.isStopped && demands.some((demand) => demand)) this.parts.slid();
  }

  /** Reads and writes rows. Retries after temporary failures. `isAll`: also removes rows that the answer does not contain. */
  private async pass(demands: readonly (Demand | undefined)[], isAll: boolean): Promise<void> {
    for (let waitMs = RETRY_MIN_MS; !this.isStopped; waitMs = Math.min(RETRY_MAX_MS, 2 * waitMs)) {
      const isSure = await this.once(demands, isAll).catch((error: unknown) => {
        if (!(error instanceof JiraClientError) || !error.retryable) throw error;
        return undefined;
      });
      if (isSure === true) return void (this.retries = 0);
      // The rows that could be read are there. A later refetch finds the missing ones.
      if (isSure === false && waitMs > RETRY_MIN_MS) return this.later();
      await this.sleep(waitMs);
    }
  }

  /** Reads and writes once. Returns whether it is certain that no row was missed between two pages. */
  private async once(demands: readonly (Demand | undefined)[], isAll: boolean): Promise<boolean> {
    const { rows } = this.parts;
    const { slides } = this;
    const since = rows.now;
    const settle = this.waits.mark();
    const endListing = rows.listing();
    this.reading++;
    try {
      const reads = await Promise.all(demands.map((demand) => this.read(demand)));
      if (this.isStopped) return true;
      const isSliding = reads.some((read) => read.isSliding);
      const isSure = !isSliding || slides === this.slides;
      if (isSliding) this.slidingUntil = Date.now() + LATE_MS;
      const receipt = rows.transact(() => this.write(reads, since, isAll && isSure));
      if (isSure) settle();
      await receipt;
      return isSure;
    } finally {
      endListing();
      if (--this.reading === 0) this.touched.clear();
    }
  }

  private write(reads: readonly ReadPages[], since: number, isAll: boolean): void {
    const { rows } = this.parts;
    const isOlder = (text: string): boolean => (this.touched.get(text) ?? 0) > since;
    const listed = new Set<string>();
    for (const row of reads.flatMap((read) => read.rows) as object[]) {
      const text = rows.textOf(row);
      listed.add(text);
      if (!isOlder(text)) rows.put(this, row, since);
    }
    if (!isAll) return;
    for (const text of rows.textsOf(this)) if (!listed.has(text) && !isOlder(text)) rows.drop(this, text);
  }

  private async read(demand: Demand | undefined): Promise<ReadPages> {
    const { hook, filter, id } = this.parts;
    const ask = async (query: Query): Promise<unknown> => hook.list(query);
    if (id !== undefined) return { rows: await retrieved(hook, id), isWhole: true, isSliding: false };
    if (!demand) return readPages(ask, filter);
    const query = { ...filter, ordering: demand.ordering };
    const read = await readPages(ask, query, (rows) => isEnough(rows, demand), pageSizeOf(demand));
    if (read.isWhole || !demand.areNullsElsewhere) return read;
    // On the server, rows without a value are last, so they come first in the reverse order.
    const backwards = { ...filter, ordering: demand.backwards };
    const isPast = (rows: readonly unknown[]): boolean => (valueAt(rows.at(-1), demand.field) ?? null) !== null;
    const ends = await readPages(ask, backwards, isPast, pageSizeOf(demand));
    return { ...read, rows: [...read.rows, ...ends.rows], isSliding: read.isSliding || ends.isSliding };
  }

  private sleep(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      this.sleepers.add(wake);
    });
  }

  private later(): void {
    clearTimeout(this.timer);
    const waitMs = Math.min(RETRY_MAX_MS, LATE_MS * 2 ** this.retries++);
    this.timer = setTimeout(() => this.refetchUnasked(), waitMs);
  }

  private stateChanged(state: SubscriptionState, reason?: JiraClientError, recovered?: boolean): void {
    if (this.isStopped) return;
    if (state === 'unsubscribed') {
      const wasReady = this.loads.size > 0 && [...this.loads.values()].some(({ isDone }) => isDone);
      this.stop();
      if (wasReady) this.parts.ended(reason);
    }
    // The missed changes follow at once, and contain all commits that wait now.
    if (recovered) queueMicrotask(this.waits.mark());
  }
}

/** Enough rows for the demand, and for some that are equal to the last. */
function pageSizeOf({ rows }: Demand): number {
  return Math.min(100, Math.max(10, 2 * rows));
}

function nameOf(demand: Demand | undefined): string {
  return demand ? `${demand.ordering} ${demand.areNullsElsewhere} ${demand.isTextAlike}` : WHOLE;
}

async function retrieved(hook: UntypedHookClient, id: RowId): Promise<readonly unknown[]> {
  try {
    return [await hook.retrieve(id)];
  } catch (error) {
    if (error instanceof JiraClientError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}
