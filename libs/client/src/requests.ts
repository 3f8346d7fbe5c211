// Requests from call to answer: queued, in flight, timed out, aborted, lost or repeated.

import { CANCEL_ACTION, parseAnswer, type AnswerFrame, type RequestFrame } from 'nestjs-jira-protocol';
import { aborted, late, lostWhileAsking, malformed, queueFull, unsendable } from './call-errors.js';
import type { Call, Link, Manner, OpenRequest, Outcome } from './call.js';
import { errorOfAnswer, type JiraClientError } from './errors.js';
import { ids } from './ids.js';
import type { Methods } from './methods.js';
import { isRepeatable, isRunning } from './write-once.js';

/** The wait before asking again for the answer to a write that is still running. */
const ASK_AGAIN_MS = 200;

export interface RequestsOptions {
  readonly timeoutMs: number;
  readonly maxQueuedRequests: number;
  readonly maxRequestsInFlight: number;
}

interface Entry {
  id: string;
  phase: 'held' | 'queued' | 'sent' | 'over';
  call: Call;
  readonly outcome: Outcome;
  readonly manner: Manner;
  timer?: ReturnType<typeof setTimeout>;
  readonly onAbort: () => void;
}

export class Requests {
  private readonly entries = new Map<string, Entry>();
  private queue: Entry[] = [];
  private inFlight = 0;
  private readonly nextId = ids();

  constructor(
    private readonly link: Link,
    private readonly options: RequestsOptions,
    private readonly methods: Methods,
  ) {}

  /** Requests that are not settled yet. */
  get size(): number {
    return this.entries.size;
  }

  get queued(): number {
    return this.queue.length;
  }

  get sent(): number {
    return this.inFlight;
  }

  open(call: Call, outcome: Outcome, manner: Manner = {}): OpenRequest {
    const entry: Entry = {
      id: this.nextId(),
      phase: 'held',
      call,
      outcome,
      manner,
      onAbort: () => this.abort(entry, call.signal?.reason),
    };
    this.entries.set(entry.id, entry);
    const refusal = this.refusalOf(entry);
    if (refusal) {
      this.fail(entry, refusal);
    } else {
      call.signal?.addEventListener('abort', entry.onAbort);
      this.limit(entry, call.timeoutMs ?? this.options.timeoutMs);
      if (!manner.isHeld) this.enqueue(entry);
    }
    return {
      get id() {
        return entry.id;
      },
      release: () => entry.phase === 'held' && this.enqueue(entry),
      abort: (reason, error) => this.abort(entry, reason, error),
    };
  }

  /** Sends queued requests, up to the limit of requests in flight. */
  pump(): void {
    while (this.link.isConnected && this.inFlight < this.options.maxRequestsInFlight) {
      const entry = this.queue.shift();
      if (!entry) return;
      this.send(entry);
    }
  }

  /** Handles a lost connection: requests in flight wait for the next one if they are repeatable, and else fail. */
  connectionLost(cause: JiraClientError): void {
    for (const entry of Array.from(this.entries.values())) {
      const wasSent = entry.phase === 'sent';
      if (!wasSent && !entry.manner.isOfConnection) continue;
      if (wasSent && !isOfOnce(entry) && isRepeatable(entry.call)) this.requeue(entry);
      else this.fail(entry, lostWhileAsking(entry.id, entry.call, cause));
    }
  }

  /** Fails everything that is queued or in flight. */
  failAll(error: JiraClientError): void {
    for (const entry of this.entries.values()) this.fail(entry, error);
  }

  /** Takes a frame that arrived as an event, if it belongs to a request in flight. */
  receive(value: unknown): boolean {
    const requestId = (value as { requestId?: unknown } | null | undefined)?.requestId;
    const entry = typeof requestId === 'string' ? this.entries.get(requestId) : undefined;
    if (entry?.phase !== 'sent') return false;
    this.answered(entry, entry.id, value);
    return true;
  }

  private refusalOf(entry: Entry): JiraClientError | undefined {
    const { signal } = entry.call;
    if (signal?.aborted) return aborted(entry.id, signal.reason);
    if (this.link.isHopeless && this.link.reason) return this.link.reason;
    return undefined;
  }

  private enqueue(entry: Entry): void {
    const { maxQueuedRequests } = this.options;
    if (this.queue.length >= maxQueuedRequests && !entry.manner.isOfConnection) {
      return this.fail(entry, queueFull(entry.id, maxQueuedRequests));
    }
    entry.phase = 'queued';
    if (entry.manner.isOfConnection) this.queue.unshift(entry);
    else this.queue.push(entry);
    this.pump();
  }

  private requeue(entry: Entry, phase: 'queued' | 'held' = 'queued'): void {
    this.entries.delete(entry.id);
    this.leaveFlight(entry);
    // A new id: the old one may still be in flight on the server.
    entry.id = this.nextId();
    entry.phase = phase;
    this.entries.set(entry.id, entry);
    if (phase === 'queued') this.queue.push(entry);
  }

  private askAgain(entry: Entry): void {
    this.requeue(entry, 'held');
    setTimeout(() => entry.phase === 'held' && this.enqueue(entry), ASK_AGAIN_MS * (0.5 + Math.random()));
    this.pump();
  }

  private send(entry: Entry): void {
    const { id: requestId, call, manner } = entry;
    entry.phase = 'sent';
    if (!manner.isStream) this.inFlight++;
    else this.limit(entry, call.timeoutMs);
    const { namespace, method, action, data, query, headers } = call;
    try {
      this.link.emit(namespace, { requestId, method, action, data, query, headers }, (answer) =>
        this.answered(entry, requestId, answer),
      );
    } catch (cause) {
      this.fail(entry, unsendable(requestId, call, cause));
    }
  }

  private answered(entry: Entry, requestId: string, value: unknown): void {
    const parsed = parseAnswer(value);
    if (entry.phase !== 'sent') {
      if (parsed.ok) entry.outcome.late?.(parsed.frame);
      return;
    }
    if (!parsed.ok) return this.fail(entry, malformed(requestId, entry.call, parsed.reason));
    const { frame } = parsed;
    if (frame.status === 206) return this.arrived(entry, frame);
    if (frame.status >= 400) return this.refused(entry, frame);
    this.settle(entry);
    entry.outcome.done(frame);
    this.pump();
  }

  private refused(entry: Entry, frame: AnswerFrame): void {
    if (isRunning(frame) && isRepeatable(entry.call)) return this.askAgain(entry);
    const method = this.methods.learn(entry.call, frame);
    if (method === undefined) return this.fail(entry, errorOfAnswer(frame));
    entry.call = { ...entry.call, method, isMethodAssumed: false };
    this.requeue(entry);
    this.pump();
  }

  private arrived(entry: Entry, item: AnswerFrame): void {
    if (entry.manner.isStream) this.limit(entry, entry.call.timeoutMs);
    entry.outcome.item?.(item);
  }

  private limit(entry: Entry, timeoutMs: number | undefined): void {
    clearTimeout(entry.timer);
    // Timers cannot count any further, so this means no limit.
    if (timeoutMs === undefined || timeoutMs > 2 ** 31 - 1) return;
    entry.timer = setTimeout(() => this.timedOut(entry, timeoutMs), timeoutMs);
  }

  private timedOut(entry: Entry, timeoutMs: number): void {
    if (entry.phase === 'sent') this.cancel(entry);
    const where = entry.phase === 'sent' ? 'sent' : this.link.isConnected ? 'queued' : 'unconnected';
    this.fail(entry, late(entry.id, entry.call, timeoutMs, where, this.link.reason));
  }

  private abort(entry: Entry, reason: unknown, error = aborted(entry.id, reason)): void {
    if (entry.phase === 'over') return;
    if (entry.phase === 'sent') this.cancel(entry);
    this.fail(entry, error);
  }

  private cancel({ id, call: { namespace } }: Entry): void {
    if (!this.link.isConnected) return;
    const data = { target: id };
    const frame: RequestFrame = { requestId: this.nextId(), method: 'SUBSCRIPTION', action: CANCEL_ACTION, data };
    // Without an acknowledgement callback, the server would answer with an event.
    this.link.emit(namespace, frame, () => undefined);
  }

  private fail(entry: Entry, error: JiraClientError): void {
    if (entry.phase === 'over') return;
    this.settle(entry);
    entry.outcome.failed(error);
    this.pump();
  }

  private settle(entry: Entry): void {
    if (entry.phase === 'queued') this.queue = this.queue.filter((other) => other !== entry);
    if (entry.phase === 'sent') this.leaveFlight(entry);
    entry.phase = 'over';
    clearTimeout(entry.timer);
    entry.call.signal?.removeEventListener('abort', entry.onAbort);
    this.entries.delete(entry.id);
  }

  private leaveFlight(entry: Entry): void {
    if (!entry.manner.isStream) this.inFlight--;
  }
}

/** Whether a lost request must fail: a stream cannot resume, and others are valid on their connection only. */
function isOfOnce({ manner }: Entry): boolean {
  return manner.isStream === true || manner.isOfConnection === true;
}
