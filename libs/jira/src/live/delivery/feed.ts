// Delivers the changes of one entity, in order, to the channels that observe it.

import type { ChangeFrame, RowId } from 'nestjs-jira-protocol';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { isPromise } from '../../core/support/is-promise.js';
import { resetFrame, type Channel, type ObserverBehaviour, type Subscription } from './channel.js';
import { acceptedOf, caseOf, imagesOf, loadOutputs, matchersOf, type Case, type Delivery } from './cases.js';
import { ChannelIndex } from './channel-index.js';
import { idKey, type Change, type ChangeType, type Image } from '../../core/changes/change.js';
import { isObserved, publish, type ResetReason } from '../../core/diagnostics/diagnostics.js';
import type { FrameSink } from './frame-sink.js';
import { assertUnaltered, UnknowableRow } from './judgements.js';
import { delivered, tellWaiting } from './feed-news.js';
import { Batch } from './batch.js';
import { participantsOf } from './participants.js';
import { countTold, isCutShort } from './large-commits.js';
import { Gate } from '../../core/support/gate.js';
import type { Limits } from '../../core/limits/limits.js';
import { LiveWindow } from '../lists/live-window.js';
import { afterOthers, Turns, type Turn } from '../../core/support/turns.js';
import { forEverybody } from '../../core/scope/running-request.js';

export interface FeedReport {
  /** Part of this change could not be sent; its channels got `reset`. */
  failed(error: unknown, change: Change, channel?: Channel): void;
  /** Unknown rows changed: the channels of this entity got `reset`. */
  gap(error: unknown, entity: string): void;
}

/** Token of the server's report. */
export const FEED_REPORT = Symbol('jira feed report');

export class Feed {
  readonly channels = new Set<Channel>();
  /** Observers with a handler: called for each change, with or without subscribers. */
  readonly handlers = new Set<ObserverBehaviour>();
  private readonly index = new ChannelIndex();
  private readonly turns: Turns<Delivery> = new Turns<Delivery>((batch) =>
    forEverybody(() => delivered(this.entity, batch, this.turns, () => this.deliver(batch))),
  );
  /** While true, frames are flushed together at the end of the turn of the event loop. */
  private isBatching = false;

  constructor(
    private readonly entity: string,
    private readonly sink: FrameSink,
    private readonly report: FeedReport,
    private readonly limits: Pick<Limits, 'heldFrames' | 'changesPerCommit'>,
  ) {}

  /** Whether everything that was pushed is delivered. */
  get isIdle(): boolean {
    return this.turns.isIdle;
  }

  add(channel: Channel): void {
    if (channel.definition.list) channel.window = this.windowOf(channel);
    this.channels.add(channel);
    this.index.add(channel);
  }

  remove(channel: Channel): void {
    channel.window?.close();
    this.channels.delete(channel);
    this.index.remove(channel);
  }

  push(deliveries: readonly Delivery[]): void {
    if (this.channels.size === 0 && this.handlers.size === 0 && this.turns.isIdle) return;
    this.turns.push(deliveries);
    tellWaiting(this.entity, this.turns);
  }

  /** Runs once everything pushed so far is delivered; at once, in the same turn, if nothing waits. */
  inTurn(turn: Turn): void {
    this.turns.inTurn(() => forEverybody(turn));
  }

  /** Announces rows as they are now to one observer: what their output shows of other rows has changed. */
  announceAgain(
    ids: readonly RowId[],
    delivery: Omit<Delivery, 'change'>,
    read: (ids: readonly RowId[]) => Promise<readonly Change[]>,
  ): void {
    this.inTurn(async () => {
      if (this.channels.size === 0) return;
      try {
        const changes = await read(ids);
        // If a row's own change is waiting, that change will announce the row, in the order of its commit.
        const waiting = new Set([...this.turns.waiting()].map(({ change }) => idKey(change.id)));
        const fresh = changes.filter(({ id }) => !waiting.has(idKey(id)));
        await this.deliver(fresh.map((change) => ({ ...delivery, change })));
      } catch (error) {
        this.report.gap(error, delivery.observer ?? '');
        for (const channel of this.channels)
          if (channel.definition.observer.name === delivery.observer) this.reset(channel, delivery.position, 'failed');
      }
    });
  }

  /** Tells every channel to refetch. */
  resetAll(position: string): void {
    this.inTurn(() => {
      for (const channel of this.channels) this.reset(channel, position, 'missed');
    });
  }

  /** Tells a channel to refetch. */
  private reset(channel: Channel, position: string, reason: ResetReason): void {
    if (channel.window) return channel.window.touch(position);
    this.send(channel, resetFrame(channel.id, position), undefined, reason);
  }

  /** Never throws or rejects: an error in a channel resets that channel. */
  private deliver(deliveries: readonly Delivery[]): Promise<void> | void {
    const batch = new Batch();
    if (this.handlers.size === 0) return this.judge(deliveries, batch);
    return this.handle(deliveries, batch).then(() => this.judge(deliveries, batch));
  }

  /** Calls the handlers in order. Changes that they sent themselves are not sent again. */
  private async handle(deliveries: readonly Delivery[], { rooms, handled }: Batch): Promise<void> {
    for (const delivery of deliveries) {
      const { change } = delivery;
      for (const observer of this.handlers) {
        if (!isFor(observer, delivery)) continue;
        const images = imagesOf(change, false);
        if (!images.before && !images.after) continue;
        try {
          if ((await observer.handle?.(change, rooms.diff(observer, change, images))) === false)
            getOrAdd(handled, delivery, () => new Set<ObserverBehaviour>()).add(observer);
        } catch (error) {
          this.report.failed(error, change);
        }
      }
    }
  }

  private judge(deliveries: readonly Delivery[], batch: Batch): Promise<void> | void {
    for (const delivery of deliveries) {
      for (const channel of this.index.candidates(delivery.change, batch.rooms)) {
        const { definition } = channel;
        if (!isFor(definition.observer, delivery) || batch.handled.get(delivery)?.has(definition.observer)) continue;
        if (isCutShort(channel, delivery, this.limits.changesPerCommit)) continue;
        void this.guard(channel, delivery, () => {
          const one = caseOf(delivery, channel, batch.rooms);
          const matchers = matchersOf(definition);
          if (one.before) batch.judgements.prepare(matchers, one.before, delivery);
          if (one.after) batch.judgements.prepare(matchers, one.after);
          if (one.before || one.after) (channel.window ? batch.listed : batch.cases).push(one);
        });
      }
    }
    if (!batch.judgements.hasQuestions) return this.sendJudged(batch);
    return batch.judgements.ask().then(() => this.sendJudged(batch));
  }

  private sendJudged(batch: Batch): Promise<void> | void {
    batch.judgements.tellMemory();
    for (const one of batch.listed) this.list(one, batch);
    for (const window of batch.windows) window.settle();
    const loading = loadOutputs(batch.cases, batch.judgements);
    return loading ? loading.then(() => this.sendFrom(0, batch)) : this.sendFrom(0, batch);
  }

  private sendFrom(start: number, batch: Batch): Promise<void> | void {
    this.isBatching = true;
    const until = performance.now() + TURN_MS;
    let end = start;
    let waiting: Promise<void> | void = undefined;
    while (end < batch.cases.length && !waiting) {
      if (end > start && performance.now() > until) {
        waiting = afterOthers();
        break;
      }
      const one = batch.cases[end++];
      waiting = this.guard(one.channel, one.delivery, () => this.sendOne(one, batch));
    }
    this.isBatching = false;
    this.sink.flush();
    return waiting?.then(() => this.sendFrom(end, batch));
  }

  private list(one: Case, batch: Batch): void {
    void this.guard(one.channel, one.delivery, () => {
      const { channel, delivery } = one;
      const { change, position, lagMs } = delivery;
      const { before, after } = acceptedOf(one, batch.judgements);
      const show = (): unknown => after && this.shown(after, channel, batch, change);
      channel.window?.apply({ id: change.id, wasIn: before !== undefined, after, show }, position, lagMs);
      if (channel.window) batch.windows.add(channel.window);
    });
  }

  /** Each row is serialized once for all lists of an audience. */
  private shown(image: Image, { definition: { audience } }: Channel, { outputs }: Batch, change: Change): unknown {
    const known = getOrAdd(getOrAdd(outputs, audience, newOutputs), 'modified', newImages);
    return getOrAdd(known, image, () => audience.serialize(image, 'modified', change));
  }

  private windowOf(channel: Channel): LiveWindow {
    const { sink, report } = this;
    const { heldFrames } = this.limits;
    const failed = (error: unknown): void => report.gap(error, channel.definition.entity);
    return new LiveWindow(channel, { sink, heldFrames, gate: READS, inTurn: (turn) => this.inTurn(turn), failed });
  }

  private sendOne(one: Case, batch: Batch): Promise<void> | void {
    const { channel, delivery } = one;
    const { before, after } = acceptedOf(one, batch.judgements);
    const image = after ?? before;
    if (!image || !this.mayTell(channel, delivery)) return;
    const type: ChangeType = before ? (after ? 'modified' : 'removed') : 'added';
    const tell = (): Promise<void> | void => this.tell(one, type, image, batch);
    if (type !== 'removed' || !delivery.isForeign || !channel.definition.isPartlyCaptured) return tell();
    // It is unknown what else that commit wrote: it may have let in somebody who never saw the row.
    return getOrAdd(batch.checks, channel, () => assertUnaltered(channel)).then(tell);
  }

  private mayTell(channel: Channel, delivery: Delivery): boolean {
    const part = countTold(channel, delivery, this.limits.changesPerCommit);
    if (part === 'first too many') this.reset(channel, delivery.position, 'changesPerCommit');
    return part === 'told';
  }

  private tell(
    { channel, delivery, isGone }: Case,
    type: ChangeType,
    image: Image,
    { outputs }: Batch,
  ): Promise<void> | void {
    const { change, position } = delivery;
    const { audience, observer } = channel.definition;
    const recipients = participantsOf(channel, observer, image, type);
    if (recipients?.length === 0) return;
    const send = (data: unknown): void => {
      const head = { method: 'SUBSCRIPTION', type, status: 200, channel: channel.id } as const;
      this.send(channel, { ...head, position, id: change.id, data }, recipients);
    };
    // A deleted row is shown once more as it was. A row that only left the subscriber's sight is named, and no more.
    if (type === 'removed' && !isGone) return send({ pk: change.id });
    const known = getOrAdd(getOrAdd(outputs, audience, newOutputs), type, newImages);
    if (known.has(image)) return send(known.get(image));
    const remember = (data: unknown): void => {
      known.set(image, data);
      send(data);
    };
    const data = audience.serialize(image, type, change);
    return isPromise(data) ? data.then(remember) : remember(data);
  }

  private send(channel: Channel, frame: ChangeFrame, only?: readonly Subscription[], reason?: ResetReason): void {
    const { type, position } = frame;
    if (isObserved('deliver')) {
      const { namespace } = channel.definition;
      const recipients = only?.length ?? channel.subscriptions.size;
      publish('deliver', { namespace, type, position, recipients, ...(reason && { reason }) });
    }
    let hasActive = false;
    for (const subscription of only ?? channel.subscriptions) {
      if (subscription.state !== 'live') subscription.hold(frame, this.limits.heldFrames);
      else if (only) this.sink.sendTo(subscription, frame);
      else hasActive = true;
    }
    if (!hasActive) return;
    this.sink.send(channel.definition.namespace, frame);
    if (!this.isBatching) this.sink.flush();
  }

  /** Runs one channel's part; an error or a rejection resets that channel and stops nothing else. */
  private guard(channel: Channel, delivery: Delivery, run: () => Promise<void> | void): Promise<void> | void {
    const fail = (error: unknown): void => {
      // Not a failure: the channel refetches because nobody can tell what it must forget.
      const isFailure = !(error instanceof UnknowableRow);
      if (isFailure) this.report.failed(error, delivery.change, channel);
      this.reset(channel, delivery.position, isFailure ? 'failed' : 'unknowable');
    };
    try {
      return run()?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}

/** How long frames are made and sent before other work gets a turn of the event loop. */
const TURN_MS = 20;

/** How many lists all feeds read at a time: other work needs the database, too. */
const READS = new Gate(4);

const newOutputs = (): Map<ChangeType, Map<Image, unknown>> => new Map();
const newImages = (): Map<Image, unknown> => new Map();

function isFor(observer: ObserverBehaviour, delivery: Delivery): boolean {
  return delivery.observer === undefined || delivery.observer === observer.name;
}
