// Places subscriptions: opens them, joins them to channels between two commits, checks their rights again, ends them.

import { inBatches } from '../../core/support/in-batches.js';
import type { ListenedData, RelistedData, ResumedData, SubscribedData } from 'nestjs-jira-protocol';
import { limitOf } from '../../core/limits/limits-of.js';
import { publishRefusal } from '../../core/diagnostics/diagnostics.js';
import type { ErrorDescriber } from '../../core/errors/error-describer.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import { stateOf, type HookScope } from '../../core/scope/scope.js';
import type { Change } from '../../core/changes/change.js';
import type { ChangeLog } from '../../core/changes/change-log.js';
import { channelKey, isOpaque, resetFrame, Subscription, type Channel, type ListAnswer, type ObserverBehaviour } from './channel.js'; // prettier-ignore
import { Channels } from './channels.js';
import type { Feed, FeedReport } from './feed.js';
import type { FrameSink } from './frame-sink.js';
import type { Positions } from './positions.js';
import type { Resumed, ResumeRequest, Resumption } from './resumption.js';
import { isAnswered, isSettled, REASONS, type Reason } from './subscription-state.js';
import { concernedBy, Subscriptions } from './subscriptions.js';
import { forEverybody } from '../../core/scope/running-request.js';

export interface PlacementParts {
  readonly resumption: Resumption;
  readonly positions: Positions;
  readonly log: ChangeLog;
  readonly sink: FrameSink;
  readonly limits: { readonly subscriptions: number };
  readonly report: FeedReport;
  readonly errors: ErrorDescriber;
}

/** How many subscriptions' rights are checked at a time: each check may query the database. */
const MAX_CHECKS_AT_ONCE = 16;

export class Placement {
  private readonly channels = new Channels();
  private readonly open = new Subscriptions();
  /** The checks of subscriptions' rights that are running. */
  private readonly looks = new Map<Subscription, Promise<void>>();

  /** @param feed returns the feed of an entity; creates it if needed */
  constructor(
    private readonly parts: PlacementParts,
    private readonly feed: (entity: string) => Feed,
  ) {}

  /**
   * Opens a subscription for the scope's request. Its frames are held until the request is answered; commits from
   * before it opened are delivered without it.
   *
   * @param define returns the channel it belongs to; called again whenever the caller's rights may have changed
   * @param request for clients that come back, or may come back later
   */
  async subscribe(
    scope: HookScope,
    entity: string,
    observer: ObserverBehaviour,
    define: Subscription['define'],
    request?: ResumeRequest,
  ): Promise<SubscribedData | ResumedData | RelistedData> {
    const { resumption, limits } = this.parts;
    const limit = limitOf(scope.connection, limits, 'subscriptions');
    if (this.open.of(scope.connection.id).size >= limit) {
      publishRefusal('subscriptions', scope.connection.id);
      const message = `Too many subscriptions; the limit is ${limit} per connection.`;
      throw new JiraException('TOO_MANY_SUBSCRIPTIONS', message);
    }
    const subscription = new Subscription(scope, entity, observer, define);
    subscription.isResumable = request !== undefined;
    if (request) this.parts.positions.start();
    this.open.add(subscription);
    stateOf(scope).handle.onFailure(() => this.go(subscription, REASONS.requestFailed));
    let resumed: Resumed | undefined;
    try {
      if (request) await resumption.prepare(request);
      await this.place(subscription, false);
      if (subscription.membership?.window) return await this.listen(subscription, request?.token);
      if (request) resumed = await resumption.answer(subscription, request);
    } catch (error) {
      this.go(subscription, REASONS.requestFailed);
      throw error;
    }
    this.answer(subscription);
    const position = resumed ? subscription.since : this.parts.log.head;
    return { channel: subscription.channel, position, ...resumed };
  }

  /** Answers with the list that the following frames continue. */
  private async listen(subscription: Subscription, shown: string | undefined): Promise<ListenedData | RelistedData> {
    let list: ListAnswer | undefined;
    for (let { membership } = subscription; !list; { membership } = subscription) {
      await membership?.window?.current();
      if (subscription.membership === membership) list = membership?.window?.answer(shown);
    }
    this.answer(subscription);
    subscription.takeHeld(); // the rows already include them
    subscription.isExpecting = false;
    return { channel: subscription.channel, position: this.parts.log.head, ...list };
  }

  /** Makes it live once the answer is sent. Throws if the request has ended. */
  private answer(subscription: Subscription): void {
    const { handle } = stateOf(subscription.scope);
    if (subscription.scope.connection.isClosed || handle.aborted) this.go(subscription, REASONS.requestFailed);
    if (subscription.isEnded) throw new JiraException('CANCELLED', 'The request ended before the subscription opened.');
    handle.afterAnswer(() => this.go(subscription, REASONS.answered));
    subscription.announced = subscription.channel;
  }

  /** The subscriptions of these connections or of all, and of this observer or of all. */
  subscriptions(connectionIds?: Iterable<string>, observer?: ObserverBehaviour): Generator<Subscription> {
    return this.open.find(connectionIds, observer);
  }

  /**
   * Checks these subscriptions' rights again. From this call on, nothing is sent to them by their old rights. If the
   * rights have changed, a subscription moves to another channel and is told to refetch; without any rights, it ends.
   */
  async refresh(subscriptions: Iterable<Subscription>, reason: Reason): Promise<void> {
    const idle: Subscription[] = [];
    for (const subscription of subscriptions) {
      subscription.revision++;
      if (isSettled(subscription.state)) idle.push(subscription);
      // A running check sees the new revision and checks again. Rights that changed back leave no other trace.
      else if (reason === REASONS.refreshed) subscription.isStale = true;
      this.go(subscription, reason);
    }
    for (const batch of inBatches(idle, MAX_CHECKS_AT_ONCE))
      await forEverybody(() => Promise.all(batch.map((subscription) => this.placeOrEnd(subscription))));
  }

  /**
   * Like `refresh`, but also checks what code or unfollowed rows decide: the application says that rights have changed.
   * Resolves once the new rights are in effect, whichever check determines them.
   */
  async refreshTold(subscriptions: readonly Subscription[]): Promise<void> {
    for (const subscription of subscriptions)
      if (subscription.membership && isOpaque(subscription.membership)) subscription.isStale = true;
    await this.refresh(subscriptions, REASONS.refreshed);
    // A check that was already running sees the new revision and checks once more.
    await Promise.allSettled(subscriptions.flatMap((subscription) => this.looks.get(subscription) ?? []));
    await this.compareRelated([...new Set(subscriptions.flatMap(({ membership }) => membership ?? []))]);
  }

  /**
   * Checks these subscriptions' rights again because a related row has changed. Those that may see other rows now must
   * refetch: their held frames were judged by related rows in another state.
   */
  refreshConcerned(subscriptions: readonly Subscription[], change: Change): Promise<void> {
    for (const subscription of concernedBy(change, subscriptions)) subscription.isStale = true;
    return this.refresh(subscriptions, REASONS.relatedChanged);
  }

  /** Like `refreshConcerned`, but only checks the subscriptions that may see other rows since the change. */
  refreshAltered(observer: ObserverBehaviour, change: Change): Promise<void> {
    return this.refreshStale(concernedBy(change, [...this.subscriptions(undefined, observer)]), REASONS.relatedChanged);
  }

  /**
   * Reads the deciding rows whose changes are not followed. Subscriptions for which they have changed are told to
   * refetch. Never rejects: if the database cannot be queried, they are told, too.
   */
  async compareRelated(channels: readonly Channel[] = [...this.channels.dependent()]): Promise<void> {
    for (const batch of inBatches(channels, MAX_CHECKS_AT_ONCE))
      await forEverybody(() => Promise.all(batch.map((channel) => this.compareOne(channel))));
  }

  /** Checks all rights again: a missed change may have concerned any of them. */
  distrustAll(): void {
    this.channels.endResting();
    void this.refreshStale([...this.subscriptions()], REASONS.missed);
  }

  /** Ends the subscription that a request of this connection opened. Returns false if there is none. */
  unsubscribe(connectionId: string, namespace: string, requestId: string): boolean {
    const isMeant = (one: Subscription): boolean => one.namespace === namespace && one.requestId === requestId;
    return this.endAll(connectionId, isMeant, REASONS.unsubscribed) > 0;
  }

  /** Ends this connection's subscriptions on a namespace, or all of them. Returns their number. */
  unsubscribeAll(connectionId: string, namespace?: string): number {
    if (namespace === undefined) return this.endAll(connectionId, () => true, REASONS.disconnected);
    return this.endAll(connectionId, (one) => one.namespace === namespace, REASONS.unsubscribed);
  }

  /** The number of objects held in memory. */
  count(): { channels: number; subscriptions: number; connections: number; shared: number } {
    return { ...this.channels.count(), ...this.open.count() };
  }

  private async compareOne(channel: Channel): Promise<void> {
    try {
      const related = await channel.definition.readRelated?.();
      const known = channel.related;
      channel.related = related;
      // A running check has cleared it, and tells them to refetch.
      if (related === known || known === undefined) return;
    } catch (error) {
      this.parts.report.gap(error, channel.definition.entity);
    }
    await this.refreshStale([...channel.subscriptions], REASONS.relatedChanged);
  }

  /** Checks these subscriptions' rights again, and tells them to refetch in any case. */
  private refreshStale(subscriptions: readonly Subscription[], reason: Reason): Promise<void> {
    for (const subscription of subscriptions) subscription.isStale = true;
    return this.refresh(subscriptions, reason);
  }

  private async placeOrEnd(subscription: Subscription): Promise<void> {
    try {
      await this.place(subscription, true);
    } catch (error) {
      if (subscription.isEnded) return;
      const { status, data } = this.parts.errors.describe(error, subscription.requestId);
      if (isAnswered(subscription.state))
        this.parts.sink.end(subscription, status, { ...data, reason: REASONS.rightsLost });
      this.go(subscription, REASONS.rightsLost);
    }
  }

  /** Joins a subscription to its channel. Starts over if the caller's rights change in the process. */
  private place(subscription: Subscription, isAgain: boolean): Promise<void> {
    const look = this.look(subscription, isAgain).finally(() => this.looks.delete(subscription));
    this.looks.set(subscription, look);
    return look;
  }

  private async look(subscription: Subscription, isAgain: boolean): Promise<void> {
    const feed = this.feed(subscription.entity);
    while (!subscription.isEnded) {
      const { revision } = subscription;
      const definition = await subscription.define(isAgain || revision > 0);
      const related = await forEverybody(() => this.channels.relatedOf(definition));
      // Later commits wait behind this turn, and are held for the subscription.
      const { head } = this.parts.log;
      const isDone = await new Promise<boolean>((resolve) => {
        feed.inTurn(() => {
          const isLast = subscription.revision === revision;
          if (isLast && !subscription.isEnded) {
            subscription.since = head;
            this.settle(subscription, this.channels.open(definition, feed, related), feed);
          } else if (subscription.membership?.key !== channelKey(definition)) subscription.isStale = true;
          resolve(subscription.isEnded || isLast);
        });
      });
      if (isDone) return;
    }
  }

  private settle(subscription: Subscription, channel: Channel, feed: Feed): void {
    const { membership } = subscription;
    const { head } = this.parts.log;
    const isOther = membership && (membership !== channel || subscription.isStale);
    subscription.isStale = false;
    subscription.membership = channel;
    channel.subscriptions.add(subscription);
    if (isOther && channel.window) channel.window.renew(subscription, head);
    else if (isOther) subscription.holdInstead(resetFrame(channel.id, head));
    if (membership && membership !== channel) this.channels.leave(membership, subscription, feed, false);
    subscription.checkedAt = Date.now();
    this.go(subscription, REASONS.placed);
  }

  /** The only way to change a subscription's state; does what the new state requires. */
  private go(subscription: Subscription, reason: Reason): void {
    const before = subscription.go(reason);
    const { state } = subscription;
    if (before === state) return;
    if (before === 'live') this.parts.sink.leave(subscription);
    if (state === 'live') this.release(subscription);
    if (state === 'ended') this.forget(subscription, reason === REASONS.disconnected);
  }

  /** Sends the held frames. */
  private release(subscription: Subscription): void {
    const { channel } = subscription;
    if (subscription.announced !== channel) {
      subscription.announced = channel;
      const resume = subscription.isResumable ? this.parts.resumption.tokenOf(subscription) : undefined;
      const position = resume === undefined ? this.parts.log.head : subscription.since;
      this.parts.sink.move(subscription, { channel, position, ...(resume !== undefined && { resume }) });
    }
    for (const frame of subscription.takeHeld()) this.parts.sink.sendTo(subscription, frame);
    // The frames may be too much for the client, and end the subscription.
    if (subscription.state === 'live' && !subscription.isExpecting) this.parts.sink.join(subscription);
  }

  private forget(subscription: Subscription, mayReturn: boolean): void {
    this.open.remove(subscription);
    const { membership } = subscription;
    if (membership) this.channels.leave(membership, subscription, this.feed(subscription.entity), mayReturn);
  }

  private endAll(connectionId: string, test: (subscription: Subscription) => boolean, reason: Reason): number {
    const found = [...this.open.of(connectionId)].filter(test);
    for (const subscription of found) this.go(subscription, reason);
    return found.length;
  }
}
