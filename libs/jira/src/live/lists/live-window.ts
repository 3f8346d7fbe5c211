// The rows of one live list, kept for all who listen to it: read when they may be others, told as the difference.

import type { ChangeFrame, ListData, ListRows, RowId } from 'nestjs-jira-protocol';
import { idKey } from '../../core/changes/change.js';
import { isObserved, publish } from '../../core/diagnostics/diagnostics.js';
import { forEverybody } from '../../core/scope/running-request.js';
import type { Turn } from '../../core/support/turns.js';
import { wireText } from '../../core/support/wire-value.js';
import type { Channel, ListWindow, Subscription } from '../delivery/channel.js';
import type { FrameSink } from '../delivery/frame-sink.js';
import { differenceOf, type ListedRow } from './difference.js';
import type { ListPage } from './list-definition.js';
import type { Gate } from './gate.js';

export interface WindowParts {
  readonly sink: FrameSink;
  /** Frames that may wait for one subscription. */
  readonly heldFrames: number;
  /** How many lists are read at one time. */
  readonly gate: Gate;
  /** Runs it once all that was committed so far is judged. */
  inTurn(this: void, turn: Turn): void;
  /** The list could not be read, several times; it goes on trying. */
  failed(this: void, error: unknown): void;
}

/** Changes within it share one read. */
const WAIT_MIN_MS = 50;
/** A slow list waits twice as long as its last read took, up to this: the server reads no more than a third of the time. */
const WAIT_MAX_MS = 5_000;
/** Wait before a failed read is repeated: doubles up to the maximum, for as long as the list has clients. */
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 10_000;
/** An outage is reported once, when so many reads have failed one after the other. */
const REPORTED_FAILURES = 3;

interface Known extends ListPage {
  readonly listed: readonly ListedRow[];
}

export class LiveWindow implements ListWindow {
  private known?: Known;
  /** Of each row, what its data is as text. */
  private texts = new Map<string, string>();
  private isStale = true;
  private reading?: Promise<void>;
  private timer?: NodeJS.Timeout;
  private readMs = 0;
  private failures = 0;
  private isClosed = false;
  private position = '';

  constructor(
    private readonly channel: Channel,
    private readonly parts: WindowParts,
  ) {
    this.publish('opened');
  }

  touch(position: string): void {
    this.position = position;
    this.isStale = true;
    if (this.known && !this.reading) this.wait(Math.min(WAIT_MAX_MS, Math.max(WAIT_MIN_MS, 2 * this.readMs)));
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
    // What rows of others decide, of whose changes nobody hears, may have been decided otherwise since.
    const isHeard = !definition.readRelated && ![definition.filter, ...definition.audience.matchers].some((one) => one.isOpaque); // prettier-ignore
    if (!this.known || this.isStale || !isHeard) {
      // A read that is under way may have begun too early.
      await this.reading?.catch(() => undefined);
      await this.read();
    }
  }

  close(): void {
    this.publish('closed');
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private wait(ms: number): void {
    if (this.isClosed) return;
    this.timer ??= setTimeout(() => this.readSoon(), ms).unref();
  }

  private readSoon(): void {
    if (this.isClosed) return;
    const read = (): Promise<void> => this.read().catch(() => undefined);
    // One that is under way has begun too early.
    void (this.reading ? this.reading.then(read, read) : read());
  }

  /** One at a time: whoever asks while one has not begun yet shares it. */
  private read(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.reading ??= this.readOnce().finally(() => {
      this.reading = undefined;
      if (this.isStale && this.failures === 0) this.touch(this.position);
    });
    return this.reading;
  }

  private async readOnce(): Promise<void> {
    const { list } = this.channel.definition;
    try {
      const page = await this.parts.gate.run(() => {
        this.isStale = false;
        const startedAt = Date.now();
        const read = forEverybody(() => list?.read() as Promise<ListPage>);
        return read.finally(() => (this.readMs = Date.now() - startedAt));
      });
      this.publish('read', false);
      this.failures = 0;
      await new Promise<void>((resolve) => {
        this.parts.inTurn(() => {
          this.show(page);
          resolve();
        });
      });
    } catch (error) {
      this.isStale = true;
      this.publish('read', true);
      this.failed(error);
      throw error;
    }
  }

  private failed(error: unknown): void {
    if (this.isClosed) return;
    this.wait(Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** this.failures));
    if (++this.failures === REPORTED_FAILURES) this.parts.failed(error);
  }

  private show(page: ListPage): void {
    if (this.isClosed) return;
    const before = this.known;
    const known = this.take(page);
    this.known = known;
    if (before) this.tell(before, known);
    this.handAll(this.frame(this.rows()));
  }

  private tell(before: Known, known: Known): void {
    const ops = differenceOf(before.listed, known.listed);
    const { count, complete } = known;
    if (ops.length > 0 || count !== before.count || complete !== before.complete)
      this.send(this.frame({ ops, count, complete }));
  }

  /** Rows that are shown as before stay the same objects. */
  private take(page: ListPage): Known {
    const texts = new Map<string, string>();
    const before = new Map(this.known?.listed.map((row) => [row.key, row]));
    const listed = page.rows.map(({ id, data }): ListedRow => {
      const key = idKey(id);
      const text = wireText(data);
      const row = before.get(key);
      texts.set(key, text);
      return row && this.texts.get(key) === text ? row : { id, key, data };
    });
    this.texts = texts;
    return { ...page, listed };
  }

  rows(): ListRows {
    const { listed = [], count = null, complete = false } = this.known ?? {};
    return { rows: listed.map(({ data }) => data), ids: listed.map(({ id }): RowId => id), count, complete };
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
      const { namespace } = definition;
      publish('deliver', { namespace, type, position, recipients: subscriptions.size });
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

  /** To those that wait for the whole list. From here on they get what all get. */
  private handAll(frame: ChangeFrame): void {
    for (const subscription of this.channel.subscriptions) {
      if (!subscription.isExpecting) continue;
      subscription.isExpecting = false;
      if (subscription.state !== 'live') {
        subscription.holdInstead(frame);
        continue;
      }
      this.parts.sink.sendTo(subscription, frame);
      // What is sent may be too much for the client, and end it.
      if (!subscription.isEnded) this.parts.sink.join(subscription);
    }
  }
}
