// Where subscriptions belong: opens them, puts them into channels between two commits, looks again, and ends them.

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

/** Subscriptions whose rights are looked at again at one time: each may ask the database. */
const MAX_CHECKS_AT_ONCE = 16;

export class Placement {
  private readonly channels = new Channels();
  private readonly open = new Subscriptions();
  /** The looks at subscriptions' rights that are under way. */
  private readonly looks = new Map<Subscription, Promise<void>>();

  /** @param feed the feed of an entity; made when there is none */
  constructor(
    private readonly parts: PlacementParts,
    private readonly feed: (entity: string) => Feed,
  ) {}

  /**
   * Opens a subscription for the scope's request. Its frames are held until the request is answered, and what was
   * committed before it is delivered without it.
   *
   * @param define tells where the subscription belongs; asked again whenever its caller's rights may have changed
   * @param request what a client asks for that may come back, or has
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

  /** Answers its list, which its frames go on from. */
  private async listen(subscription: Subscription, shown: string | undefined): Promise<ListenedData | RelistedData> {
    let list: ListAnswer | undefined;
    for (let { membership } = subscription; !list; { membership } = subscription) {
      await membership?.window?.current();
      if (subscription.membership === membership) list = membership?.window?.answer(shown);
    }
    this.answer(subscription);
    subscription.takeHeld(); // what the rows know already
    subscription.isExpecting = false;
    return { channel: subscription.channel, position: this.parts.log.head, ...list };
  }

  /** From now on it waits for the answer. Throws when the request has ended. */
  private answer(subscription: Subscription): void {
    const { handle } = stateOf(subscription.scope);
    if (subscription.scope.connection.isClosed || handle.aborted) this.go(subscription, REASONS.requestFailed);
    if (subscription.isEnded) throw new JiraException('CANCELLED', 'The request ended before the subscription opened.');
    handle.afterAnswer(() => this.go(subscription, REASONS.answered));
    subscription.announced = subscription.channel;
  }

  /** Subscriptions that these connections hold, of this observer or of all. */
  subscriptions(connectionIds?: Iterable<string>, observer?: ObserverBehaviour): Generator<Subscription> {
    return this.open.find(connectionIds, observer);
  }

  /**
   * Looks at these subscriptions' rights again; from this call on nothing is sent to them by their old ones. One whose
   * rights are others now goes on in another channel and is told to fetch again; one without any is ended.
   */
  async refresh(subscriptions: Iterable<Subscription>, reason: Reason): Promise<void> {
    const idle: Subscription[] = [];
    for (const subscription of subscriptions) {
      subscription.revision++;
      if (isSettled(subscription.state)) idle.push(subscription);
      // Whoever looks at it right now will see the new revision, and look again. There and back leaves no other trace.
      else if (reason === REASONS.refreshed) subscription.isStale = true;
      this.go(subscription, reason);
    }
    for (const batch of inBatches(idle, MAX_CHECKS_AT_ONCE))
      await forEverybody(() => Promise.all(batch.map((subscription) => this.placeOrEnd(subscription))));
  }

  /**
   * The same because the application says that rights have changed: also where code decides, or rows whose changes nobody
   * follows. Resolves once the new rights are in effect, whoever has begun to look at them.
   */
  async refreshTold(subscriptions: readonly Subscription[]): Promise<void> {
    for (const subscription of subscriptions)
      if (subscription.membership && isOpaque(subscription.membership)) subscription.isStale = true;
    await this.refresh(subscriptions, REASONS.refreshed);
    // Whoever looked at one of them already saw its new revision, and looks once more.
    await Promise.allSettled(subscriptions.flatMap((subscription) => this.looks.get(subscription) ?? []));
    await this.compareRelated([...new Set(subscriptions.flatMap(({ membership }) => membership ?? []))]);
  }

  /**
   * Looks at these subscriptions' rights again because a related row has changed. Those whose rows that may have brought
   * or taken are told to fetch again, instead of what waits for them: it was judged by related rows of another moment.
   */
  refreshConcerned(subscriptions: readonly Subscription[], change: Change): Promise<void> {
    for (const subscription of concernedBy(change, subscriptions)) subscription.isStale = true;
    return this.refresh(subscriptions, REASONS.relatedChanged);
  }

  /** Looks again at those alone whose rows the change of a related row may have brought or taken. */
  refreshAltered(observer: ObserverBehaviour, change: Change): Promise<void> {
    return this.refreshStale(concernedBy(change, [...this.subscriptions(undefined, observer)]), REASONS.relatedChanged);
  }

  /**
   * Asks about rows that decide who sees what, where nobody follows their changes. Subscriptions for which that is not as
   * it was are told to fetch again. Never rejects: where the database cannot be asked, nobody knows.
   */
  async compareRelated(channels: readonly Channel[] = [...this.channels.dependent()]): Promise<void> {
    for (const batch of inBatches(channels, MAX_CHECKS_AT_ONCE))
      await forEverybody(() => Promise.all(batch.map((channel) => this.compareOne(channel))));
  }

  /** Looks at all rights again: what was missed may have been somebody's. */
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

  /** What is held in memory. */
  count(): { channels: number; subscriptions: number; connections: number; shared: number } {
    return { ...this.channels.count(), ...this.open.count() };
  }

  private async compareOne(channel: Channel): Promise<void> {
    try {
      const related = await channel.definition.readRelated?.();
      const known = channel.related;
      channel.related = related;
      // A look that is under way has forgotten it, and tells to fetch again.
      if (related === known || known === undefined) return;
    } catch (error) {
      this.parts.report.gap(error, channel.definition.entity);
    }
    await this.refreshStale([...channel.subscriptions], REASONS.relatedChanged);
  }

  /** Looks at these subscriptions' rights again, and tells them to fetch again in any case. */
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

  /** Puts a subscription where it belongs, once nothing changes its caller's rights meanwhile. */
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
      // What is committed after this waits behind the turn, and is held for it.
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

  /** The one way from state to state: what each asks for is done here. */
  private go(subscription: Subscription, reason: Reason): void {
    const before = subscription.go(reason);
    const { state } = subscription;
    if (before === state) return;
    if (before === 'live') this.parts.sink.leave(subscription);
    if (state === 'live') this.release(subscription);
    if (state === 'ended') this.forget(subscription, reason === REASONS.disconnected);
  }

  /** Sends what was held. */
  private release(subscription: Subscription): void {
    const { channel } = subscription;
    if (subscription.announced !== channel) {
      subscription.announced = channel;
      const resume = subscription.isResumable ? this.parts.resumption.tokenOf(subscription) : undefined;
      const position = resume === undefined ? this.parts.log.head : subscription.since;
      this.parts.sink.move(subscription, { channel, position, ...(resume !== undefined && { resume }) });
    }
    for (const frame of subscription.takeHeld()) this.parts.sink.sendTo(subscription, frame);
    // What is sent may be too much for the client, and end it.
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
