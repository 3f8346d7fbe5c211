// Opens subscriptions again with each connection, and passes changes from channels to callbacks.

import {
  parseChange,
  type AnswerFrame,
  type ChangeFrame,
  type ListData,
  type PositionData,
  type ResumedData,
} from 'nestjs-jira-protocol';
import { backoffMs } from './backoff.js';
import type { Call } from './call.js';
import type { Change, SubscribeOptions, Subscription, SubscriptionState } from './change.js';
import { framesLost, noChannel } from './call-errors.js';
import { JiraClientError, errorOfAnswer, isPassing } from './errors.js';
import { guarded } from './listeners.js';
import { Progress } from './progress.js';
import { createReady } from './ready.js';
import type { Requests } from './requests.js';
import { endSubscription, type SubscribeCall } from './subscribe-call.js';
import { changeOf, clearTimers, routeOf, type Entry, type ListReader } from './subscription-entry.js';

export interface SubscriptionsOptions {
  readonly resetJitterMs: number;
  readonly onError: (error: unknown) => void;
}

export class Subscriptions {
  private readonly entries = new Set<Entry>();
  /** The subscriptions by namespace and channel. Several may share a channel. */
  private readonly routes = new Map<string, Set<Entry>>();

  /** Change frames that have arrived on this connection. */
  private arrived = 0;

  constructor(
    private readonly requests: Requests,
    private readonly link: { readonly isConnected: boolean },
    private readonly options: SubscriptionsOptions,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get channels(): number {
    return this.routes.size;
  }

  subscribe(
    call: SubscribeCall,
    deliver: (change: Change) => void,
    options: SubscribeOptions = {},
    list?: ListReader,
  ): Subscription {
    const ready = createReady();
    const stop = () => this.stop(entry);
    const fresh = { state: 'subscribing' as const, wasSubscribed: false, retries: 0 };
    const entry: Entry = {
      list,
      call,
      deliver,
      options,
      stop,
      ready,
      progress: list?.progress ?? new Progress(),
      ...fresh,
    };
    this.entries.add(entry);
    options.signal?.addEventListener('abort', stop);
    if (options.signal?.aborted) stop();
    else this.start(entry);
    return Object.defineProperties(stop, {
      unsubscribe: { value: stop },
      state: { get: () => entry.state },
      ready: { value: ready.promise },
    }) as unknown as Subscription;
  }

  /** Opens all subscriptions on a new connection. */
  connected(): void {
    this.arrived = 0;
    for (const entry of Array.from(this.entries)) this.start(entry);
  }

  connectionLost(reason: JiraClientError): void {
    for (const entry of Array.from(this.entries)) this.suspend(entry, reason);
  }

  /** Ends all subscriptions. */
  close(reason: JiraClientError): void {
    for (const entry of this.entries) this.end(entry, reason);
  }

  /** Takes a frame that arrived as an event, if it is for a subscription. Returns whether it was. */
  receive(namespace: string, value: unknown): boolean {
    const addressee = this.addresseeOf(value);
    if (addressee && this.answeredAgain(addressee, value as AnswerFrame)) return true;
    const parsed = parseChange(value);
    if (!parsed.ok) return false;
    const { frame } = parsed;
    this.arrived++;
    const sharers = this.routes.get(routeOf(namespace, frame.channel)) ?? [];
    for (const entry of addressee ? [addressee] : [...sharers]) {
      if (!entry.progress.fits(frame)) {
        this.stepsLost(entry, frame);
        continue;
      }
      entry.progress.saw(frame);
      // An earlier callback may have stopped this one.
      if (entry.state !== 'subscribed') continue;
      if (frame.type !== 'list') this.deliver(entry, changeOf(frame));
      else if (entry.list) guarded(this.options.onError, entry.list.told, frame.data as ListData);
    }
    return true;
  }

  /** Takes a `$position`: the position up to which the server has sent everything, and how many frames it has sent. */
  positioned(value: unknown): void {
    const { position, frames } = (value ?? {}) as Partial<PositionData>;
    if (typeof position !== 'string' || typeof frames !== 'number') return;
    const isWhole = frames === this.arrived;
    this.arrived = frames;
    for (const entry of Array.from(this.entries)) {
      if (entry.state !== 'subscribed') continue;
      if (isWhole) {
        entry.progress.reached(position);
        continue;
      }
      // Steps of the list are missing, so the list shown here is wrong. Drop its token, to get the whole list.
      if (entry.list) entry.progress.lost(true);
      this.resubscribe(entry);
    }
  }

  /** Handles steps from a list that is not shown here: subscribes again, from the list that is. */
  private stepsLost(entry: Entry, frame: ChangeFrame): void {
    const isSoon = entry.resetTimer !== undefined;
    if (entry.state === 'subscribed' && !isSoon && !entry.progress.shows(frame)) this.resubscribe(entry);
  }

  /** Handles lost frames: subscribes again, from the last verified position. */
  private resubscribe(entry: Entry): void {
    const { request } = entry;
    entry.progress.doubted();
    this.removeRoute(entry);
    if (request) this.unsubscribe(entry, request.id);
    this.become(entry, 'subscribing', framesLost());
    this.start(entry);
  }

  private start(entry: Entry): void {
    clearTimeout(entry.retryTimer);
    if (!this.link.isConnected) return;
    const { namespace, action, query, data } = entry.call;
    const headers = { ...entry.call.headers, ...entry.progress.headers() };
    const call: Call = { namespace, action, method: 'SUBSCRIPTION', query, data, headers };
    entry.request = this.requests.open(
      call,
      {
        done: (frame) => this.answered(entry, frame),
        failed: (error) => this.refused(entry, error),
        // The client gave up, but the server opened the subscription.
        late: (frame) => frame.status < 400 && this.unsubscribe(entry, frame.requestId),
      },
      { isOfConnection: true },
    );
  }

  private answered(entry: Entry, frame: AnswerFrame): void {
    if (entry.state === 'unsubscribed') return this.unsubscribe(entry, frame.requestId);
    const data = frame.data as Partial<ResumedData> | null;
    if (typeof data?.channel !== 'string' || typeof data.position !== 'string') {
      return this.end(entry, noChannel(frame.requestId, entry.call));
    }
    const isAgain = entry.wasSubscribed;
    entry.wasSubscribed = true;
    entry.retries = 0;
    const missed = entry.progress.answered(data);
    this.addRoute(entry, data.channel);
    this.become(entry, 'subscribed', undefined, isAgain ? missed !== undefined : undefined);
    entry.ready.resolve();
    if (entry.list) return guarded(this.options.onError, entry.list.answered, frame.data as ListData);
    if (!isAgain) return;
    // Without `missed`, the commits between the two connections are unknown. The reset needs no random wait, because reconnects
    // are spread out already.
    for (const change of missed ?? [{ type: 'reset', data: null, position: data.position } as const])
      if (entry.state === 'subscribed') this.hand(entry, change);
  }

  private refused(entry: Entry, error: JiraClientError): void {
    // If the connection was lost, the next one starts the subscription again.
    if (entry.state === 'unsubscribed' || !this.link.isConnected) return;
    if (!(entry.wasSubscribed ? isPassing(error) : error.retryable)) return this.end(entry, error);
    this.removeRoute(entry);
    this.become(entry, 'subscribing', error);
    entry.retryTimer = setTimeout(() => this.start(entry), backoffMs(entry.retries++));
  }

  private suspend(entry: Entry, reason: JiraClientError): void {
    // If the application has not got a waiting reset, drop the token. The next answer then is a reset.
    if (entry.channel !== undefined) entry.progress.lost(entry.reset !== undefined);
    clearTimers(entry);
    this.removeRoute(entry);
    entry.request = undefined;
    this.become(entry, 'subscribing', reason);
  }

  private stop(entry: Entry): void {
    if (entry.state === 'unsubscribed') return;
    const { request, channel } = entry;
    this.end(entry);
    // If the subscribe is still in flight, `answered()` unsubscribes.
    if (channel !== undefined && request) this.unsubscribe(entry, request.id);
  }

  private end(entry: Entry, reason?: JiraClientError): void {
    clearTimers(entry);
    this.removeRoute(entry);
    this.entries.delete(entry);
    entry.options.signal?.removeEventListener('abort', entry.stop);
    entry.ready.reject(reason ?? new JiraClientError('The subscription was stopped.', { code: 'ABORTED' }));
    this.become(entry, 'unsubscribed', reason);
    if (reason && reason.code !== 'CLOSED' && !entry.options.onState) this.options.onError(reason);
  }

  /** The subscription whose `requestId` the frame names. Without a `requestId`, a change is for the whole channel. */
  private addresseeOf(value: unknown): Entry | undefined {
    const requestId = (value as { requestId?: unknown } | null | undefined)?.requestId;
    if (typeof requestId !== 'string') return undefined;
    return [...this.entries].find(({ channel, request }) => channel !== undefined && request?.id === requestId);
  }

  /** Takes a second answer to an old subscribe: the subscription continues in another channel, or an error ends it. */
  private answeredAgain(entry: Entry, frame: AnswerFrame): boolean {
    if (frame.status >= 400) {
      this.refused(entry, errorOfAnswer(frame));
      return true;
    }
    const data = frame.data as Partial<ResumedData> | null | undefined;
    if ('type' in frame || typeof data?.channel !== 'string') return false;
    const { channel } = data;
    entry.progress.moved(data);
    this.removeRoute(entry);
    this.addRoute(entry, channel);
    return true;
  }

  private unsubscribe({ call, options }: Entry, target: string): void {
    if (this.link.isConnected) endSubscription(this.requests, call, target, options.unsubscribeAction);
  }

  /** Hands over a change. A reset reaches many clients at once, so each waits for a random time. Resets until then become one. */
  private deliver(entry: Entry, change: Change): void {
    if (change.type !== 'reset') return this.hand(entry, change);
    entry.reset = change;
    entry.resetTimer ??= setTimeout(() => {
      const { reset } = entry;
      clearTimers(entry);
      if (entry.list) this.resubscribe(entry);
      else if (reset) this.hand(entry, reset);
    }, Math.random() * this.options.resetJitterMs);
  }

  private hand(entry: Entry, change: Change): void {
    const { onReset } = entry.options;
    if (change.type === 'reset' && onReset) guarded(this.options.onError, onReset, change);
    else guarded(this.options.onError, entry.deliver, change);
  }

  private become(entry: Entry, state: SubscriptionState, reason?: JiraClientError, recovered?: boolean): void {
    if (entry.state === state && (reason === undefined || reason === entry.reason)) return;
    entry.state = state;
    entry.reason = reason;
    guarded(this.options.onError, entry.options.onState, state, reason, recovered);
  }

  private addRoute(entry: Entry, channel: string): void {
    const route = routeOf(entry.call.namespace, channel);
    const sharers = this.routes.get(route) ?? new Set();
    this.routes.set(route, sharers.add(entry));
    entry.channel = channel;
  }

  private removeRoute(entry: Entry): void {
    if (entry.channel === undefined) return;
    const route = routeOf(entry.call.namespace, entry.channel);
    const sharers = this.routes.get(route);
    sharers?.delete(entry);
    if (sharers?.size === 0) this.routes.delete(route);
    entry.channel = undefined;
  }
}
