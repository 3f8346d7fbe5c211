// Takes committed changes from the log and brings them to the subscriptions.

import type { ErrorData, RowId, SubscribedData } from 'nestjs-jira-protocol';
import { JiraException } from '../errors/jira.exception.js';
import type { HookScope } from '../scope/scope.js';
import { entityKey, isConcerned, isOpaque, Subscription, type Channel, type ObserverBehaviour } from './channel.js';
import type { Change } from './change.js';
import { Channels } from './channels.js';
import type { ChangeLog, LoggedCommit } from './change-log.js';
import type { ChangeSource } from './change-source.js';
import { Feed, resetFrame, type Delivery, type FeedReport } from './feed.js';
import type { FrameSink } from './frame-sink.js';
import { getOrAdd } from './get-or-add.js';
import { Subscriptions } from './subscriptions.js';

export interface HubLimits {
  readonly subscriptions: number;
  readonly heldFrames: number;
}

export interface HubParts {
  readonly log: ChangeLog;
  readonly sink: FrameSink;
  readonly limits: HubLimits;
  readonly report: FeedReport;
  /** What a client is told of an error. */
  describe(error: unknown, requestId: string): { readonly status: number; readonly data: ErrorData };
}

/** Called in commit order, before anything of the commit is sent. What it throws is reported. */
export type CommitListener = (change: Change, commit: LoggedCommit) => void;

/** Subscriptions whose rights are looked at again at one time: each may ask the database. */
const LOOKED_AT_ONCE = 16;

export class Hub {
  readonly log: ChangeLog;
  private readonly feeds = new Map<string, Feed>();
  private readonly channels = new Channels();
  private readonly open = new Subscriptions();
  private readonly listeners = new Map<string, Set<CommitListener>>();

  constructor(private readonly parts: HubParts) {
    this.log = parts.log;
    this.log.listen(
      (commit) => this.publish(commit),
      (error) => {
        this.parts.report.gap(error, 'all entities');
        for (const feed of this.feeds.values()) feed.resetAll(this.log.head);
        this.distrustAll();
      },
    );
  }

  /** Announces what this source commits. Returns its own undo. */
  connect(source: ChangeSource): () => void {
    return source.listen({
      onCommit: (commit) => this.log.append(commit),
      onGap: ({ source: name, entity, error }) => {
        this.parts.report.gap(error, entity);
        const key = entityKey(name, entity);
        this.feeds.get(key)?.resetAll(this.log.head);
        if (this.listeners.has(key)) this.distrustAll();
      },
    });
  }

  /** Calls an observer's handler for each change of an entity. Returns its own undo. */
  addHandler(entity: string, observer: ObserverBehaviour): () => void {
    const feed = this.feed(entity);
    feed.handlers.add(observer);
    return () => feed.handlers.delete(observer);
  }

  /** Hears of each committed change of an entity before anything is sent. Returns its own undo. */
  listen(entity: string, listener: CommitListener): () => void {
    const listeners = getOrAdd(this.listeners, entity, () => new Set<CommitListener>());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Announces one change to one observer by hand, as if it had just been committed. */
  dispatch(entity: string, observer: ObserverBehaviour, change: Change): void {
    this.feed(entity).push([{ change, position: this.log.head, observer: observer.name }]);
  }

  /** Announces rows as they are now to one observer: what their output shows of other rows has changed. */
  announceAgain(
    entity: string,
    observer: ObserverBehaviour,
    ids: readonly RowId[],
    position: string,
    read: (ids: readonly RowId[]) => Promise<readonly Change[]>,
  ): void {
    this.feeds.get(entity)?.announceAgain(ids, { position, observer: observer.name }, read);
  }

  /**
   * Opens a subscription for the scope's request. Its frames are held until the request is answered, and what was
   * committed before it is delivered without it.
   *
   * @param define tells where the subscription belongs; asked again whenever its caller's rights may have changed
   */
  async subscribe(
    scope: HookScope,
    entity: string,
    observer: ObserverBehaviour,
    define: Subscription['define'],
  ): Promise<SubscribedData> {
    const { subscriptions: limit } = this.parts.limits;
    const { id } = scope.connection;
    if (this.open.of(id).size >= limit)
      throw new JiraException('TOO_MANY_SUBSCRIPTIONS', `A connection may hold ${limit} subscriptions.`);
    const subscription = new Subscription(scope, entity, observer, define);
    this.open.add(subscription);
    scope.handle.onFailure(() => this.drop(subscription));
    try {
      await this.findPlace(subscription, false);
    } catch (error) {
      this.drop(subscription);
      throw error;
    }
    if (scope.connection.isClosed || scope.handle.aborted) this.drop(subscription);
    if (subscription.isEnded) throw new JiraException('CANCELLED', 'Nobody waits for this subscription any more.');
    scope.handle.afterAnswer(() => {
      subscription.isAnswered = true;
      this.flush(subscription);
    });
    subscription.announced = subscription.channel;
    return { channel: subscription.channel, position: this.log.head };
  }

  /** Subscriptions that these connections hold, of this observer or of all. */
  subscriptions(connectionIds?: Iterable<string>, observer?: ObserverBehaviour): Generator<Subscription> {
    return this.open.find(connectionIds, observer);
  }

  /**
   * Looks at these subscriptions' rights again; from this call on nothing is sent to them by their old ones. One whose
   * rights are others now goes on in another channel and is told to fetch again; one without any is ended.
   */
  async refresh(subscriptions: Iterable<Subscription>): Promise<void> {
    const idle: Subscription[] = [];
    for (const subscription of subscriptions) {
      subscription.revision++;
      // Whoever looks at it right now will see the new revision, and look again.
      if (!subscription.isSuspended) idle.push(subscription);
      this.suspend(subscription);
    }
    for (let i = 0; i < idle.length; i += LOOKED_AT_ONCE)
      await Promise.all(idle.slice(i, i + LOOKED_AT_ONCE).map((subscription) => this.findPlaceOrEnd(subscription)));
  }

  /**
   * The same because the application says that rights have changed: also where code decides, or rows whose changes nobody
   * follows.
   */
  async refreshTold(subscriptions: readonly Subscription[]): Promise<void> {
    for (const subscription of subscriptions) if (subscription.place && isOpaque(subscription.place)) subscription.isStale = true; // prettier-ignore
    await this.refresh(subscriptions);
    await this.compareRelated([...new Set(subscriptions.flatMap(({ place }) => place ?? []))]);
  }

  /**
   * Looks at these subscriptions' rights again because a related row has changed. Those whose rows that may have brought
   * or taken are told to fetch again, instead of what waits for them: it was judged by related rows of another moment.
   */
  refreshConcerned(subscriptions: readonly Subscription[], change: Change): Promise<void> {
    const concerned = new Map<Channel, boolean>();
    for (const subscription of subscriptions) {
      const { place } = subscription;
      if (place && getOrAdd(concerned, place, () => isConcerned(place, change))) subscription.isStale = true;
    }
    return this.refresh(subscriptions);
  }

  /**
   * Asks about rows that decide who sees what, where nobody follows their changes. Subscriptions for which that is not as
   * it was are told to fetch again. Never rejects: where the database cannot be asked, nobody knows.
   */
  async compareRelated(channels: readonly Channel[] = [...this.channels.dependent()]): Promise<void> {
    for (let i = 0; i < channels.length; i += LOOKED_AT_ONCE)
      await Promise.all(channels.slice(i, i + LOOKED_AT_ONCE).map((channel) => this.compareOne(channel)));
  }

  private async compareOne(channel: Channel): Promise<void> {
    try {
      const related = await channel.definition.readRelated?.();
      if (related === channel.related) return;
      channel.related = related;
    } catch (error) {
      this.parts.report.gap(error, channel.definition.entity);
    }
    await this.refreshStale([...channel.subscriptions]);
  }

  /** Looks at these subscriptions' rights again, and tells them to fetch again in any case. */
  private refreshStale(subscriptions: readonly Subscription[]): Promise<void> {
    for (const subscription of subscriptions) subscription.isStale = true;
    return this.refresh(subscriptions);
  }

  /** What was missed may have been somebody's right. */
  private distrustAll(): void {
    void this.refreshStale([...this.subscriptions()]);
  }

  /** Ends the subscription a request of this connection opened. False when there is none. */
  unsubscribe(connectionId: string, namespace: string, requestId: string): boolean {
    return this.dropAll(connectionId, (s) => s.namespace === namespace && s.requestId === requestId) > 0;
  }

  /** Ends this connection's subscriptions on a namespace, or all of them. Returns how many there were. */
  unsubscribeAll(connectionId: string, namespace?: string): number {
    return this.dropAll(connectionId, (s) => namespace === undefined || s.namespace === namespace);
  }

  /** Resolves when everything committed so far has been sent. */
  async idle(): Promise<void> {
    await Promise.all([...this.feeds.values()].map((feed) => new Promise<void>((resolve) => feed.inTurn(resolve))));
  }

  /** Reports what went wrong with a change outside of its delivery. */
  failed(error: unknown, change: Change): void {
    this.parts.report.failed(error, change);
  }

  /** What is held in memory, for tests and diagnostics. */
  count(): { channels: number; subscriptions: number; connections: number; shared: number } {
    return { ...this.channels.count(), ...this.open.count() };
  }

  private publish(commit: LoggedCommit): void {
    const { changes, position } = commit;
    const byFeed = new Map<Feed, Delivery[]>();
    for (const change of changes) {
      for (const entity of [change.entity, ...(change.ancestors ?? [])]) {
        const key = entityKey(change.source, entity);
        for (const listener of this.listeners.get(key) ?? []) this.tell(listener, change, commit);
        const feed = this.feeds.get(key);
        if (feed) getOrAdd(byFeed, feed, () => []).push({ change, position });
      }
    }
    for (const [feed, deliveries] of byFeed) feed.push(deliveries);
  }

  private tell(listener: CommitListener, change: Change, commit: LoggedCommit): void {
    try {
      listener(change, commit);
    } catch (error) {
      this.failed(error, change);
    }
  }

  private feed(entity: string): Feed {
    const { sink, report, limits } = this.parts;
    return getOrAdd(this.feeds, entity, () => new Feed(sink, report, limits.heldFrames));
  }

  private async findPlaceOrEnd(subscription: Subscription): Promise<void> {
    try {
      await this.findPlace(subscription, true);
    } catch (error) {
      if (subscription.isEnded) return;
      const { status, data } = this.parts.describe(error, subscription.requestId);
      if (subscription.isAnswered) this.parts.sink.end(subscription, status, data);
      this.drop(subscription);
    }
  }

  /** Puts a subscription where it belongs, once nothing changes its caller's rights meanwhile. */
  private async findPlace(subscription: Subscription, isAgain: boolean): Promise<void> {
    const feed = this.feed(subscription.entity);
    while (!subscription.isEnded) {
      const { revision } = subscription;
      const definition = await subscription.define(isAgain || revision > 0);
      const related = await this.channels.relatedOf(definition);
      const isDone = await new Promise<boolean>((resolve) => {
        feed.inTurn(() => {
          if (subscription.revision === revision && !subscription.isEnded)
            this.settle(subscription, this.channels.open(definition, feed, related), feed);
          resolve(subscription.isEnded || subscription.revision === revision);
        });
      });
      if (isDone) return;
    }
  }

  private settle(subscription: Subscription, channel: Channel, feed: Feed): void {
    const { place } = subscription;
    if (place && (place !== channel || subscription.isStale)) subscription.held = [resetFrame(channel, this.log.head)];
    subscription.isStale = false;
    subscription.place = channel;
    channel.subscriptions.add(subscription);
    if (place && place !== channel) this.channels.leave(place, subscription, feed);
    subscription.checkedAt = Date.now();
    subscription.isSuspended = false;
    this.flush(subscription);
  }

  private suspend(subscription: Subscription): void {
    subscription.isSuspended = true;
    if (subscription.held) return;
    subscription.held = [];
    this.parts.sink.leave(subscription);
  }

  /** Sends what was held, once the subscribe is answered and the rights are known. */
  private flush(subscription: Subscription): void {
    const { held, place, isAnswered, isSuspended, announced } = subscription;
    if (!held || !place || !isAnswered || isSuspended || subscription.isEnded) return;
    subscription.held = undefined;
    if (announced !== place.id) {
      subscription.announced = place.id;
      this.parts.sink.move(subscription, { channel: place.id, position: this.log.head });
    }
    for (const frame of held) this.parts.sink.sendTo(subscription, frame);
    this.parts.sink.join(subscription);
  }

  private drop(subscription: Subscription): void {
    if (subscription.isEnded) return;
    subscription.isEnded = true;
    const { place } = subscription;
    if (place && !subscription.held) this.parts.sink.leave(subscription);
    this.open.remove(subscription);
    if (place) this.channels.leave(place, subscription, this.feed(subscription.entity));
  }

  private dropAll(connectionId: string, test: (subscription: Subscription) => boolean): number {
    const found = [...this.open.of(connectionId)].filter(test);
    for (const subscription of found) this.drop(subscription);
    return found.length;
  }
}
