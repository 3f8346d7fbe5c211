// One live list, kept current for all its subscribers: they are sent the differences.

import type { ChangeFrame, ListData, ListRows, ListShown, RowId } from 'nestjs-jira-protocol';
import { isObserved, publish } from '../../core/diagnostics/diagnostics.js';
import { forEverybody } from '../../core/scope/running-request.js';
import type { Gate } from '../../core/support/gate.js';
import type { Turn } from '../../core/support/turns.js';
import type { Channel, ChannelDefinition, ListAnswer, ListWindow, Subscription } from '../delivery/channel.js';
import type { FrameSink } from '../delivery/frame-sink.js';
import { differenceOf } from './difference.js';
import { SortedRows } from './sorted-rows.js';
import { ToldLists } from './told-lists.js';
import { PageRows, type RowChange, type Shown, type WindowRows } from './window-rows.js';

export interface WindowParts {
  readonly sink: FrameSink;
  /** Frames that may wait for one subscription. */
  readonly heldFrames: number;
  /** Limits how many lists are read at a time. */
  readonly gate: Gate;
  /** Runs the turn once all earlier commits are judged. */
  inTurn(this: void, turn: Turn): void;
  /** Called if the list could not be read several times in a row. The window keeps trying. */
  failed(this: void, error: unknown): void;
}

/** Changes within this time share one read. */
const WAIT_MIN_MS = 50;
/** After a slow read, the window waits twice that long, up to this: it reads no more than a third of the time. */
const WAIT_MAX_MS = 5_000;
/** Wait before repeating a failed read. It doubles up to the maximum, for as long as the list has clients. */
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 10_000;
/** After this many failed reads in a row, the outage is reported, once. */
const REPORTED_FAILURES = 3;

/** A count is read again if a change arrives within this time of the last read, which may have counted it already. */
const SETTLED_MS = 1_000;
/** Maximum number of changes to keep during a read; with more, the list is read once more. */
const MAX_MISSED = 1_000;

export class LiveWindow implements ListWindow {
  private readonly rows: WindowRows;
  /** What its subscribers were told; `undefined` until the first read. */
  private told?: Shown;
  /** The lists they were told recently; absent if no subscriber can come back. */
  private readonly lately?: ToldLists;
  /** Whether the list must be read again: its rows may not be the current ones. */
  private isStale = true;
  /** Whether there are applied changes that were not sent yet. */
  private isUnsent = false;
  /** Changes since the running read began. */
  private missed?: RowChange[];
  private reading?: Promise<void>;
  private timer?: NodeJS.Timeout;
  private recount?: NodeJS.Timeout;
  private recounts = 0;
  private readAt = 0;
  private readMs = 0;
  private failures = 0;
  private isClosed = false;
  private position = '';

  constructor(
    private readonly channel: Channel,
    private readonly parts: WindowParts,
  ) {
    const { list, audience } = channel.definition;
    this.rows = rowsOf(channel.definition);
    if (!list?.isOfOne && !audience.isOfOne) this.lately = new ToldLists();
    this.publish('opened');
  }

  touch(position: string): void {
    this.position = position;
    this.isStale = true;
    if (this.told && !this.reading) this.wait(Math.min(WAIT_MAX_MS, Math.max(WAIT_MIN_MS, 2 * this.readMs)));
  }

  /** Applies a row's change. All changes of a commit are sent together, with the next commit or `settle()`. */
  apply(change: RowChange, position: string, lagMs = 0): void {
    if (this.isUnsent && position !== this.position && !this.rows.isShort) this.tell();
    this.position = position;
    if (this.missed && this.missed.push(change) > MAX_MISSED) [this.missed, this.isStale] = [undefined, true];
    const { count } = this.rows.shown;
    if (!this.rows.apply(change)) return this.touch(position);
    this.isUnsent = true;
    if (this.rows.isReckoned && this.rows.shown.count !== count) this.checkCount(lagMs);
  }

  /** No more changes follow for now. */
  settle(): void {
    if (!this.isUnsent || !this.told) return;
    if (!this.rows.isShort) return this.tell();
    // The change is sent with the rows that fill the list up. A running read will bring them, too.
    if (this.reading || this.failures > 0) return;
    this.isStale = true;
    this.readSoon();
  }

  renew(subscription: Subscription, position: string): void {
    subscription.takeHeld();
    subscription.isExpecting = true;
    this.position = position;
    this.isStale = true;
    this.readSoon();
  }

  async current(): Promise<void> {
    const { definition } = this.channel;
    // Deciding rows whose changes are not followed may have decided otherwise since.
    const isHeard = !definition.readRelated && ![definition.filter, ...definition.audience.matchers].some((one) => one.isOpaque); // prettier-ignore
    if (!this.told || this.isStale || !isHeard) {
      // A running read may have begun too early.
      await this.reading?.catch(() => undefined);
      await this.read();
    }
  }

  answer(shown?: string): ListAnswer {
    const before = shown === undefined ? undefined : this.lately?.find(shown);
    if (!before || !this.told) return { recovered: false, ...this.listRows() };
    return { recovered: true, ops: differenceOf(before.listed, this.told.listed), ...this.state };
  }

  listRows(): ListRows {
    const listed = this.told?.listed ?? [];
    return { rows: listed.map(({ data }) => data), ids: listed.map(({ id }): RowId => id), ...this.state };
  }

  rest(): boolean {
    // While nobody listens, nothing checks what else decides about the rows.
    if (this.timer || this.recount || !(this.rows instanceof SortedRows)) this.isStale = true;
    this.clearTimers();
    return this.lately !== undefined;
  }

  private get isResting(): boolean {
    return this.channel.subscriptions.size === 0;
  }

  close(): void {
    this.publish('closed');
    this.isClosed = true;
    this.clearTimers();
  }

  private clearTimers(): void {
    clearTimeout(this.timer);
    clearTimeout(this.recount);
    this.timer = this.recount = undefined;
  }

  private wait(ms: number): void {
    if (this.isClosed || this.isResting) return;
    this.timer ??= setTimeout(() => this.readSoon(), ms).unref();
  }

  /** The last read may already have counted a change that was sent after it. */
  private checkCount(lagMs: number): void {
    if (!this.missed && Date.now() - lagMs - this.readAt > SETTLED_MS) return void (this.recounts = 0);
    if (this.isResting) return void (this.isStale = true);
    if (this.isClosed || this.recount) return;
    this.recount = setTimeout(() => this.readSoon(), Math.min(WAIT_MAX_MS, SETTLED_MS * 2 ** this.recounts++)).unref();
  }

  private readSoon(): void {
    if (this.isClosed) return;
    // The next subscriber causes the read.
    if (this.isResting) return void (this.isStale = true);
    const read = (): Promise<void> => this.read().catch(() => undefined);
    // A running read began too early.
    void (this.reading ? this.reading.then(read, read) : read());
  }

  /** Runs one read at a time. Callers share a read that has not begun yet. */
  private read(): Promise<void> {
    this.clearTimers();
    this.reading ??= this.readOnce().finally(() => {
      this.reading = undefined;
      if (this.isStale && this.failures === 0) this.touch(this.position);
    });
    return this.reading;
  }

  private async readOnce(): Promise<void> {
    try {
      const take = await this.parts.gate.run(() => {
        this.isStale = false;
        this.missed = [];
        const startedAt = Date.now();
        return forEverybody(() => this.rows.read()).finally(() => (this.readMs = Date.now() - startedAt));
      });
      this.publish('read', false);
      this.failures = 0;
      await new Promise<void>((resolve) => {
        this.parts.inTurn(() => {
          this.show(take);
          resolve();
        });
      });
    } catch (error) {
      this.isStale = true;
      this.missed = undefined;
      this.publish('read', true);
      this.failed(error);
      throw error;
    }
  }

  private failed(error: unknown): void {
    if (this.isClosed) return;
    if (this.isUnsent) this.tell();
    this.wait(Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** this.failures));
    if (++this.failures === REPORTED_FAILURES) this.parts.failed(error);
  }

  private show(take: () => void): void {
    if (this.isClosed) return;
    take();
    this.readAt = Date.now();
    const { count } = this.rows.shown;
    // Changes that the read already knew alter nothing: the last change of each row decides.
    for (const change of this.missed ?? []) if (!this.rows.apply(change)) this.isStale = true;
    if (this.rows.isReckoned && this.rows.shown.count !== count) this.checkCount(0);
    this.missed = undefined;
    if (this.rows.isShort) this.isStale = true;
    this.tell();
    this.handAll(this.frame(this.listRows()));
  }

  private tell(): void {
    const before = this.told;
    const { listed, count, complete } = (this.told = this.rows.shown);
    this.isUnsent = false;
    const ops = before ? differenceOf(before.listed, listed) : [];
    if (ops.length === 0 && count === before?.count && complete === before.complete) return;
    const isSent = before && !this.isResting;
    const from = isSent && this.lately?.nameOf(before);
    this.lately?.next();
    if (isSent) this.send(this.frame({ ops, ...this.state, ...(from && { from }) }));
  }

  /** The state that clients are sent with the rows. */
  private get state(): ListShown {
    const { told, lately } = this;
    const { count = null, complete = false } = told ?? {};
    return { count, complete, ...(told && lately && { resume: lately.nameOf(told) }) };
  }

  private frame(data: ListData): ChangeFrame {
    const { id: channel } = this.channel;
    return { method: 'SUBSCRIPTION', type: 'list', status: 200, channel, position: this.position, data };
  }

  private publish(event: 'opened' | 'read' | 'closed', isFailed?: boolean): void {
    if (!isObserved('window')) return;
    const { namespace } = this.channel.definition;
    publish('window', { event, namespace, ...(isFailed !== undefined && { isFailed, durationMs: this.readMs }) });
  }

  private send(frame: ChangeFrame): void {
    const { definition, subscriptions } = this.channel;
    if (isObserved('deliver')) {
      const { type, position } = frame;
      publish('deliver', { namespace: definition.namespace, type, position, recipients: subscriptions.size });
    }
    let hasActive = false;
    for (const subscription of subscriptions) {
      if (subscription.isExpecting) continue;
      if (subscription.state === 'live') hasActive = true;
      else subscription.hold(frame, this.parts.heldFrames);
    }
    if (!hasActive) return;
    this.parts.sink.send(definition.namespace, frame);
    this.parts.sink.flush();
  }

  /** Sends the whole list to subscriptions that wait for it. From then on, they get what all get. */
  private handAll(frame: ChangeFrame): void {
    for (const subscription of this.channel.subscriptions) {
      if (!subscription.isExpecting) continue;
      subscription.isExpecting = false;
      if (subscription.state !== 'live') {
        subscription.holdInstead(frame);
        continue;
      }
      this.parts.sink.sendTo(subscription, frame);
      // The frame may be too much for the client, and end the subscription.
      if (!subscription.isEnded) this.parts.sink.join(subscription);
    }
  }
}

/** Keeps the list in memory only if memory can tell all about it; if other rows or code decide, it is read again. */
function rowsOf({ list, filter, audience }: ChannelDefinition): WindowRows {
  if (!list) throw new TypeError('The channel has no list.');
  const isTold = [filter, ...audience.matchers].every(({ isOpaque, crossesLinks, related }) => !isOpaque && !crossesLinks && !related); // prettier-ignore
  return list.sorted && isTold && !audience.load ? new SortedRows(list.sorted) : new PageRows(list);
}
