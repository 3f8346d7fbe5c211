// Rows that stay current, as a snapshot to read and listeners that hear when it changes.

import type { SubscriptionState } from '../change.js';
import { JiraClientError } from '../errors.js';
import type { ListSeed } from '../kept-list.js';
import { createReady, type Ready } from '../ready.js';
import type { Write } from '../hook-client.js';
import { Layers, type LayersParts } from './layers.js';
import { reconcile, type Reconciled } from './reconcile.js';
import type { Sink, Source } from './source.js';

/** What to show. The snapshot, its `rows` and each row stay the same object until they change. */
export interface LiveSnapshot<Row> {
  readonly rows: readonly Row[];
  /** `loading` until the first rows arrive. `failed` once the list has ended; `error` says why. */
  readonly status: 'loading' | 'ready' | 'failed';
  /** Whether the rows may be out of date, because the connection is lost. */
  readonly isStale: boolean;
  /** Why the list ended. */
  readonly error?: JiraClientError;
}

/** What a server passes to the browser: the rows of a list, and where the list can resume. */
export type DehydratedList = Pick<ListSeed, 'rows'> & Partial<ListSeed>;

/** A live list that several components share. */
export interface LiveStore<Row> {
  /** Calls the listener when the snapshot changes. Returns a function that removes it. The first listener subscribes. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => LiveSnapshot<Row>;
  /** The snapshot for server rendering, and for the first rendering in the browser. */
  readonly getServerSnapshot: () => LiveSnapshot<Row>;
  /** Resolves when the first rows are loaded. Rejects with `JiraClientError` if that fails. Reading this property loads them. */
  readonly ready: Promise<void>;
}

const LOADING: LiveSnapshot<never> = Object.freeze({ rows: Object.freeze([]), status: 'loading', isStale: false });
const NONE: Reconciled<never> = { given: LOADING.rows, shown: LOADING.rows };

export interface StoreParts extends Omit<LayersParts, 'changed'> {
  /** Calls the listener with each optimistic write. Returns a function that removes it. */
  readonly onWrite: (listener: (write: Write) => void) => () => void;
  readonly source: Source;
  /** Where to keep its rows beyond the page. */
  readonly kept?: {
    rows(): Promise<readonly unknown[] | undefined> | undefined;
    keep(rows: readonly unknown[] | undefined): void;
  };
  /** How long to stay subscribed without listeners, in ms. */
  readonly keepMs: number;
  /** Called when the store is needed. */
  held(): void;
  /** Called when the store has not been needed for `keepMs`. */
  dropped(): void;
}

export class SharedStore implements LiveStore<unknown> {
  private snapshot: LiveSnapshot<unknown> = LOADING;
  private serverSnapshot: LiveSnapshot<unknown> | undefined;
  private given: readonly unknown[] = NONE.given;
  private base: Reconciled<unknown> = NONE;
  private readonly layers: Layers;
  private stopWrites: (() => void) | undefined;
  private readonly listeners = new Set<{ readonly call: () => void }>();
  private holders = 0;
  private subscription: ReturnType<Source> | undefined;
  /** Where the list can resume. */
  private from: ListSeed | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private loaded: Ready | undefined;

  constructor(private readonly parts: StoreParts) {
    this.layers = new Layers({ ...parts, changed: () => this.snapshot.status === 'ready' && this.show() });
    this.keep();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const entry = { call: listener };
    this.listeners.add(entry);
    this.hold();
    return () => {
      if (this.listeners.delete(entry)) this.release();
    };
  };

  readonly getSnapshot = (): LiveSnapshot<unknown> => this.snapshot;

  readonly getServerSnapshot = (): LiveSnapshot<unknown> =>
    // A browser that hydrates a page must begin with what the server rendered.
    this.serverSnapshot ?? ('document' in globalThis ? LOADING : this.snapshot);

  get ready(): Promise<void> {
    return (this.loaded ??= this.load()).promise;
  }

  /** Takes rows that a server fetched. */
  hydrate(list: DehydratedList): void {
    if (this.snapshot.status !== 'loading') return;
    const { rows } = list;
    this.from = isSeed(list) ? list : undefined;
    this.given = rows;
    this.base = { given: rows, shown: rows };
    this.serverSnapshot = this.snapshot = { rows, status: 'ready', isStale: true };
  }

  /** Returns the rows for the browser. Undefined while there are none. */
  dehydrate(): DehydratedList | undefined {
    const { status, rows } = this.snapshot;
    return status === 'ready' ? (this.subscription?.seed ?? { rows }) : undefined;
  }

  /** Takes the rows of an earlier page. */
  private restore(rows: readonly unknown[]): void {
    if (this.snapshot.status !== 'loading' || !this.subscription) return;
    this.given = rows;
    this.base = reconcile(this.base, this.layers.over(rows), this.parts.keyOf);
    this.publish({ rows: this.base.shown, status: 'ready', isStale: true });
    this.loaded?.resolve();
  }

  private load(): Ready {
    const loaded = createReady();
    const { status, error } = this.snapshot;
    if (status === 'ready') loaded.resolve();
    else if (status === 'failed') loaded.reject(error ?? stopped());
    else {
      this.hold();
      const release = (): void => this.release();
      void loaded.promise.then(release, release);
    }
    return loaded;
  }

  private hold(): void {
    this.holders++;
    clearTimeout(this.timer);
    this.parts.held();
    this.stopWrites ??= this.parts.onWrite((write) => this.layers.add(write));
    if (this.subscription) return;
    void this.parts.kept?.rows()?.then((rows) => rows && this.restore(rows));
    const { from } = this;
    this.from = undefined;
    const sink: Sink = {
      rows: (rows, isRead) => this.take(rows, isRead),
      change: (change) => this.layers.hear(change),
      state: (state, reason) => this.stateChanged(state, reason),
    };
    this.subscription = this.parts.source(sink, from);
  }

  private release(): void {
    this.holders--;
    if (this.holders === 0) this.keep();
  }

  private keep(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.drop(), this.parts.keepMs);
  }

  private drop(): void {
    this.parts.dropped();
    const { subscription } = this;
    this.subscription = this.loaded = this.from = undefined;
    this.forget();
    this.snapshot = LOADING;
    subscription?.();
  }

  private take(rows: readonly unknown[], isRead = false): void {
    this.given = rows;
    this.parts.kept?.keep(rows);
    this.layers.rows(rows, isRead);
    this.show();
    this.loaded?.resolve();
  }

  private show(): void {
    this.base = reconcile(this.base, this.layers.over(this.given), this.parts.keyOf);
    this.publish({ rows: this.base.shown, status: 'ready', isStale: this.subscription?.state === 'subscribing' });
  }

  private forget(): void {
    this.stopWrites?.();
    this.stopWrites = undefined;
    this.layers.clear();
    this.given = NONE.given;
    this.base = NONE;
  }

  private stateChanged(state: SubscriptionState, reason: JiraClientError | undefined): void {
    if (state === 'unsubscribed') return this.ended(reason);
    const { status, rows } = this.snapshot;
    if (status === 'ready') this.publish({ rows, status, isStale: state === 'subscribing' });
  }

  private ended(error: JiraClientError | undefined): void {
    // The store itself stopped, because it has no listeners.
    if (this.holders === 0) return;
    // If the server refused the list, delete its kept rows: the user may no longer see them.
    if (error && error.status > 0) this.parts.kept?.keep(undefined);
    this.forget();
    this.publish({ rows: NONE.shown, status: 'failed', isStale: false, error });
    this.loaded?.reject(error ?? stopped());
  }

  private publish(next: LiveSnapshot<unknown>): void {
    const { rows, status, isStale } = this.snapshot;
    if (next.rows === rows && next.status === status && next.isStale === isStale) return;
    this.snapshot = next;
    for (const { call } of Array.from(this.listeners)) call();
  }
}

function isSeed(list: DehydratedList): list is ListSeed {
  return Array.isArray(list.ids) && typeof list.resume === 'string' && typeof list.position === 'string';
}

function stopped(): JiraClientError {
  return new JiraClientError('The list was stopped.', { code: 'ABORTED' });
}
