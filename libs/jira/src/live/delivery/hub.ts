// The hub: takes committed changes from the change log, and passes them to listeners and to the feeds of their
// entities.

import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { RowId } from 'nestjs-jira-protocol';
import { entityKey, type ObserverBehaviour, type Subscription } from './channel.js';
import type { Change } from '../../core/changes/change.js';
import { CHANGE_LOG, isCommit, type ChangeLog, type LoggedCommit } from '../../core/changes/change-log.js';
import type { ChangeSource } from '../../core/changes/change-source.js';
import { isObserved, publish } from '../../core/diagnostics/diagnostics.js';
import { ErrorDescriber } from '../../core/errors/error-describer.js';
import { LIMITS, type Limits } from '../../core/limits/limits.js';
import type { Delivery } from './cases.js';
import { FEED_REPORT, Feed, type FeedReport } from './feed.js';
import { FRAME_SINK, type FrameSink } from './frame-sink.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { Placement } from './placement.js';
import { Positions } from './positions.js';
import { RESUME_SETTINGS, Resumption, type ResumeSettings } from './resumption.js';
import { forEverybody } from '../../core/scope/running-request.js';

/** Called in commit order, before anything of the commit is sent. Errors it throws are reported. */
export type CommitListener = (change: Change, commit: LoggedCommit) => void;

@Injectable()
export class Hub implements OnApplicationShutdown {
  /** The subscriptions and their channels. */
  readonly placement: Placement;
  private readonly positions: Positions;
  private readonly node = randomUUID();
  private readonly feeds = new Map<string, Feed>();
  private readonly listeners = new Map<string, Set<CommitListener>>();

  constructor(
    @Inject(CHANGE_LOG) readonly log: ChangeLog,
    @Inject(FRAME_SINK) private readonly sink: FrameSink,
    @Inject(LIMITS) private readonly limits: Pick<Limits, 'subscriptions' | 'heldFrames' | 'changesPerCommit'>,
    @Inject(FEED_REPORT) private readonly report: FeedReport,
    errors: ErrorDescriber,
    @Inject(RESUME_SETTINGS) resume: ResumeSettings,
  ) {
    const resumption = new Resumption(log, report, resume);
    const subscriptions = (): Iterable<Subscription> => this.placement.subscriptions();
    const feed = (entity: string): Feed => this.feed(entity);
    this.positions = new Positions({ log, sink, subscriptions, feed }, resume.positionMs);
    const { positions } = this;
    this.placement = new Placement({ log, sink, limits, report, errors, resumption, positions }, feed);
    this.log.listen(
      (entry) => {
        if (isCommit(entry)) forEverybody(() => this.publish(entry));
        else if (entry.kind === 'gap' && entry.by !== this.node) this.resetAll(entry.entity);
      },
      (error) => {
        this.report.gap(error, 'all entities');
        this.resetAll();
      },
    );
  }

  /** Announces what this source commits. Returns a function that unsubscribes. */
  connect(source: ChangeSource): () => void {
    return source.listen({
      onCommit: (commit) => this.log.append(commit),
      onGap: ({ source: name, entity, error }) => {
        this.report.gap(error, entity);
        const key = entityKey(name, entity);
        // Clients that come back later, to any process, must learn of the gap, too.
        this.log.append({ kind: 'gap', entity: key, by: this.node });
        this.resetAll(key);
      },
    });
  }

  /** Calls an observer's handler for each change of an entity. Returns a function that unsubscribes. */
  addHandler(entity: string, observer: ObserverBehaviour): () => void {
    const feed = this.feed(entity);
    feed.handlers.add(observer);
    return () => feed.handlers.delete(observer);
  }

  /** Calls the listener with each committed change of an entity, before anything is sent. Returns a function that unsubscribes. */
  listen(entity: string, listener: CommitListener): () => void {
    const listeners = getOrAdd(this.listeners, entity, () => new Set<CommitListener>());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Announces one change to one observer manually, as if just committed. */
  dispatch(entity: string, observer: ObserverBehaviour, change: Change): void {
    if (observer.resuming) observer.resuming.signalledAt = this.log.head;
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

  /** Ends the subscriptions of a connection. */
  unsubscribeAll(connectionId: string): void {
    this.placement.unsubscribeAll(connectionId);
  }

  onApplicationShutdown(): void {
    this.positions.stop();
  }

  /** Resolves when everything committed so far has been sent. */
  async idle(): Promise<void> {
    await Promise.all([...this.feeds.values()].map((feed) => new Promise<void>((resolve) => feed.inTurn(resolve))));
  }

  /** Reports what went wrong with a change outside of its delivery. */
  failed(error: unknown, change: Change): void {
    this.report.failed(error, change);
  }

  /** Sizes of what is in memory, for tests and diagnostics. */
  count(): { channels: number; subscriptions: number; connections: number; shared: number } {
    return this.placement.count();
  }

  /** Unknown rows of this entity, or of any entity, were changed. */
  private resetAll(entity?: string): void {
    // Not both: `distrustAll()` checks all rights again and already tells each subscription to refetch.
    if (entity === undefined || this.listeners.has(entity)) return this.placement.distrustAll();
    this.feeds.get(entity)?.resetAll(this.log.head);
  }

  private publish(commit: LoggedCommit): void {
    const { changes, position, isOwn, lagMs = 0 } = commit;
    if (isObserved('commit'))
      publish('commit', { source: isOwn ? 'own' : 'other', position, changes: changes.length, lagMs });
    const byFeed = new Map<Feed, Delivery[]>();
    for (const change of changes) {
      for (const entity of [change.entity, ...(change.ancestors ?? [])]) {
        const key = entityKey(change.source, entity);
        for (const listener of this.listeners.get(key) ?? []) this.tell(listener, change, commit);
        const feed = this.feeds.get(key);
        if (feed)
          getOrAdd(byFeed, feed, () => []).push({ change, position, commit: changes, isForeign: !isOwn, lagMs });
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
    const { sink, report, limits } = this;
    return getOrAdd(this.feeds, entity, () => new Feed(entity, sink, report, limits));
  }
}
