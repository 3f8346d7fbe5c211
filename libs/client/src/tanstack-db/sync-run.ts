// One run of a collection's synchronization: its subsets, and which queries need them.

import type { LoadSubsetOptions, SyncConfigRes } from '@tanstack/db';
import type { Query, RowId } from 'nestjs-jira-protocol';
import { JiraClientError } from '../errors.js';
import type { UntypedHookClient } from '../hook-client.js';
import { demandOf, type Demand } from './order.js';
import { both, filterOf, onlyKey } from './predicates.js';
import { Subset } from './subset.js';
import { SyncedRows, type SyncParams } from './synced-rows.js';

export interface SyncRunParts {
  readonly hook: UntypedHookClient;
  readonly query: Query;
  readonly idOf: (row: object) => RowId;
  /** The key's field, if a row can be requested by it. */
  readonly keyField: string | undefined;
  readonly isEager: boolean;
  readonly onError: (error: unknown) => void;
}

/** How many refused filters to remember. */
const MAX_REDUCED = 1_000;

interface Claim {
  subset?: Subset;
  isReleased: boolean;
}

export class SyncRun {
  private readonly rows: SyncedRows;
  private readonly subsets = new Map<string, Subset>();
  private readonly claims = new Map<LoadSubsetOptions, Claim[]>();
  /** For each filter that the hook refused: the part that it accepts. */
  private readonly reduced = new Map<string, Query>();
  private isStopped = false;

  constructor(
    private readonly sync: SyncParams,
    private readonly parts: SyncRunParts,
  ) {
    this.rows = new SyncedRows(sync, parts.idOf);
  }

  start(): SyncConfigRes {
    const cleanup = (): void => this.stop();
    if (!this.parts.isEager) {
      this.sync.markReady();
      return { cleanup, loadSubset: (options) => this.load(options), unloadSubset: (options) => this.unload(options) };
    }
    void this.acquire({ isReleased: false }, {}).then(
      () => !this.isStopped && this.sync.markReady(),
      (error: unknown) => !this.isStopped && this.sync.markError(error),
    );
    return { cleanup };
  }

  /** Resolves once every subset that gets the commit's change has applied it, or after `withinMs`. */
  async applied(position: string | undefined, text: string, row: unknown, withinMs: number): Promise<void> {
    if (position === undefined || this.isStopped) return;
    const concerned = [...this.subsets.values()].filter((subset) => subset.concerns(text, row));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    await Promise.race([timeout, Promise.all(concerned.map((subset) => subset.applied(position, text)))]);
    clearTimeout(timer);
  }

  textOf(row: object): string {
    return this.rows.textOf(row);
  }

  private load(options: LoadSubsetOptions): true | Promise<void> {
    const claim: Claim = { isReleased: false };
    this.claims.set(options, [...(this.claims.get(options) ?? []), claim]);
    const filter = filterOf(options.where);
    // Without an offset, it is unknown how many rows come before the cursor, so all rows are needed.
    const demand = options.cursor && options.offset === undefined ? undefined : demandOf(options);
    const { query, keyField } = this.parts;
    const isByKey = keyField !== undefined && Object.keys(query).length === 0;
    const id = isByKey ? onlyKey(options.where, keyField) : undefined;
    const whole = this.subsets.get(nameOf({}, undefined));
    if (whole?.hasLoaded() && !options.refetch) return this.claim(claim, whole);
    const known = this.subsets.get(nameOf(filter, id));
    if (known?.hasLoaded(demand) && !options.refetch) return this.claim(claim, known);
    return this.acquire(claim, filter, id, demand, options.refetch);
  }

  private unload(options: LoadSubsetOptions): void {
    const claims = this.claims.get(options) ?? [];
    const [claim, ...rest] = claims;
    if (rest.length > 0) this.claims.set(options, rest);
    else this.claims.delete(options);
    if (claim) this.release(claim);
  }

  private async acquire(claim: Claim, asked: Query, id?: RowId, demand?: Demand, isAgain = false): Promise<void> {
    let filter = this.reduced.get(nameOf(asked, id)) ?? asked;
    for (;;) {
      if (this.isStopped || claim.isReleased) return;
      const isKnown = this.subsets.has(nameOf(filter, id));
      const subset = this.open(filter, id);
      this.claim(claim, subset);
      try {
        await subset.load(demand);
        if (isAgain && isKnown) await subset.refetch();
        return;
      } catch (error) {
        if (this.isStopped || claim.isReleased) return;
        subset.claims.delete(claim);
        claim.subset = undefined;
        if (subset.claims.size === 0 || subset.subscription.state === 'unsubscribed') this.close(subset);
        filter = withoutRefused(filter, error);
        if (this.reduced.size >= MAX_REDUCED) this.reduced.clear();
        this.reduced.set(nameOf(asked, id), filter);
      }
    }
  }

  private open(filter: Query, id: RowId | undefined): Subset {
    const name = nameOf(filter, id);
    const known = this.subsets.get(name);
    if (known) return known;
    const subset: Subset = new Subset({
      hook: this.parts.hook,
      rows: this.rows,
      filter: both(this.parts.query, filter),
      id,
      slid: () => this.sync.invalidateLoadedSubsets(),
      ended: (error) => this.ended(subset, error),
    });
    this.subsets.set(name, subset);
    return subset;
  }

  private claim(claim: Claim, subset: Subset): true {
    claim.subset = subset;
    subset.claims.add(claim);
    return true;
  }

  private release(claim: Claim): void {
    const { subset } = claim;
    claim.isReleased = true;
    claim.subset = undefined;
    subset?.claims.delete(claim);
    if (subset?.claims.size === 0) this.close(subset);
  }

  private close(subset: Subset): void {
    for (const [name, other] of this.subsets) if (other === subset) this.subsets.delete(name);
    subset.stop();
  }

  private ended(subset: Subset, error: unknown): void {
    if (this.isStopped) return;
    this.close(subset);
    if (this.parts.isEager) this.sync.markError(error);
    else if (!(error instanceof JiraClientError) || error.code !== 'CLOSED') this.parts.onError(error);
  }

  private stop(): void {
    this.isStopped = true;
    for (const subset of this.subsets.values()) subset.stop();
    this.subsets.clear();
    this.claims.clear();
  }
}

/** Returns the filter without the parts that the server refused. Throws any error that is not about the filter. */
function withoutRefused(filter: Query, error: unknown): Query {
  const errors = error instanceof JiraClientError && error.code === 'VALIDATION_FAILED' ? error.errors : undefined;
  if (!errors) throw error;
  // Errors inside `$or` have a dotted path. An error about too many conditions has the empty path.
  const refused = new Set(Object.keys(errors).map((name) => name.split('.')[0]));
  const left = refused.has('') ? [] : Object.entries(filter).filter(([name]) => !refused.has(name));
  if (left.length === Object.keys(filter).length) throw error;
  return Object.fromEntries(left);
}

function nameOf(filter: Query, id: RowId | undefined): string {
  return JSON.stringify(id === undefined ? Object.entries(filter).toSorted(([a], [b]) => (a < b ? -1 : 1)) : { id });
}
