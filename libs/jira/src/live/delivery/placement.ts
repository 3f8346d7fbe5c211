// Where subscriptions belong: opens them, puts them into channels between two commits, looks again, and ends them.

import type { SubscribedData } from 'nestjs-jira-protocol';
import type { ErrorDescriber } from '../../core/errors/error-describer.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import { stateOf, type HookScope } from '../../core/scope/scope.js';
import type { Change } from '../../core/changes/change.js';
import type { ChangeLog } from '../../core/changes/change-log.js';
import { isConcerned, isOpaque, Subscription, type Channel, type ObserverBehaviour } from './channel.js';
import { Channels } from './channels.js';
import { resetFrame, type Feed, type FeedReport } from './feed.js';
import type { FrameSink } from './frame-sink.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { Subscriptions } from './subscriptions.js';

export interface PlacementParts {
  readonly log: ChangeLog;
  readonly sink: FrameSink;
  readonly limits: { readonly subscriptions: number };
  readonly report: FeedReport;
  readonly errors: ErrorDescriber;
}

/** Subscriptions whose rights are looked at again at one time: each may ask the database. */
const LOOKED_AT_ONCE = 16;

export class Placement {
  private readonly channels = new Channels();
  private readonly open = new Subscriptions();

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
      throw new JiraException(
        'TOO_MANY_SUBSCRIPTIONS',
        `Too many subscriptions; the limit is ${limit} per connection.`,
      );
    const subscription = new Subscription(scope, entity, observer, define);
    this.open.add(subscription);
    const { handle } = stateOf(scope);
    handle.onFailure(() => this.drop(subscription));
    try {
      await this.findPlace(subscription, false);
    } catch (error) {
      this.drop(subscription);
      throw error;
    }
    if (scope.connection.isClosed || handle.aborted) this.drop(subscription);
    if (subscription.isEnded) throw new JiraException('CANCELLED', 'The request ended before the subscription opened.');
    handle.afterAnswer(() => {
      subscription.isAnswered = true;
      this.flush(subscription);
    });
    subscription.announced = subscription.channel;
    return { channel: subscription.channel, position: this.parts.log.head };
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
    for (const subscription of concernedBy(change, subscriptions)) subscription.isStale = true;
    return this.refresh(subscriptions);
  }

  /** Looks again at those alone whose rows the change of a related row may have brought or taken. */
  refreshAltered(observer: ObserverBehaviour, change: Change): Promise<void> {
    return this.refreshStale(concernedBy(change, [...this.subscriptions(undefined, observer)]));
  }

  /**
   * Asks about rows that decide who sees what, where nobody follows their changes. Subscriptions for which that is not as
   * it was are told to fetch again. Never rejects: where the database cannot be asked, nobody knows.
   */
  async compareRelated(channels: readonly Channel[] = [...this.channels.dependent()]): Promise<void> {
    for (let i = 0; i < channels.length; i += LOOKED_AT_ONCE)
      await Promise.all(channels.slice(i, i + LOOKED_AT_ONCE).map((channel) => this.compareOne(channel)));
  }

  /** Looks at all rights again: what was missed may have been somebody's. */
  distrustAll(): void {
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
    await this.refreshStale([...channel.subscriptions]);
  }

  /** Looks at these subscriptions' rights again, and tells them to fetch again in any case. */
  private refreshStale(subscriptions: readonly Subscription[]): Promise<void> {
    for (const subscription of subscriptions) subscription.isStale = true;
    return this.refresh(subscriptions);
  }

  private async findPlaceOrEnd(subscription: Subscription): Promise<void> {
    try {
      await this.findPlace(subscription, true);
    } catch (error) {
      if (subscription.isEnded) return;
      const { status, data } = this.parts.errors.describe(error, subscription.requestId);
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
    if (place && (place !== channel || subscription.isStale))
      subscription.held = [resetFrame(channel, this.parts.log.head)];
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
      this.parts.sink.move(subscription, { channel: place.id, position: this.parts.log.head });
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

/** The subscriptions whose rows the change of a related row may have brought or taken. */
function concernedBy(change: Change, subscriptions: readonly Subscription[]): Subscription[] {
  const concerned = new Map<Channel, boolean>();
  const found = subscriptions.filter(
    ({ place }) => place && getOrAdd(concerned, place, () => isConcerned(place, change)),
  );
  // What related rows decided is not what they decide now.
  for (const { place } of found) if (place) place.related = undefined;
  return found;
}
