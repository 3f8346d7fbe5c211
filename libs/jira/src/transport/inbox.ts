// Dispatches a message from any transport to an action of a hook, or to an event handler.

import { Inject, Injectable } from '@nestjs/common';
import {
  parseRequest,
  type AnswerFrame,
  type Malformed,
  type Method,
  type Query,
  type RequestFrame,
} from 'nestjs-jira-protocol';
import { JiraException } from '../core/errors/jira.exception.js';
import { EventRegistry } from '../events/event-registry.js';
import { HookRegistry } from '../hooks/registry.js';
import { RequestPipeline, type IncomingRequest, type Reply } from '../hooks/request-pipeline.js';
import type { Connection } from '../core/connections/connection.js';
import { LIMITS, type Limits } from '../core/limits/limits.js';
import { completeRequest, extraOf } from './djira.js';
import { faultOfValue } from './frame-guard.js';
import { Traffic } from './limits/traffic.js';
import { Reception } from './reception.js';

/** One client message. */
export interface Incoming {
  /** The event name, which may be the namespace of a hook. */
  readonly event: string;
  readonly payload: unknown;
  readonly headers?: Query;
  /** Id of the answer to an event. Empty if the client passed only an acknowledgement, absent if it wants no answer. */
  readonly requestId?: string;
  readonly method?: Method;
  readonly action?: string;
}

type Parsed = { readonly ok: true; readonly frame: IncomingRequest } | Malformed;

@Injectable()
export class Inbox {
  private eventCount = 0;

  constructor(
    private readonly registry: HookRegistry,
    private readonly events: EventRegistry,
    private readonly pipeline: RequestPipeline,
    private readonly reception: Reception,
    private readonly traffic: Traffic,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  /** Whether a hook or handler has this name at the connection's URL. */
  knows(connection: Connection, event: string): boolean {
    return this.registry.has(event) || this.events.find(connection.route, event) !== undefined;
  }

  /** Dispatches the message and answers it through `reply` if it can be answered. Never throws. */
  receive(connection: Connection, message: Incoming, reply: Reply): void {
    const { event, payload, headers, requestId, method = 'POST', action = '' } = message;
    if (connection.endReason !== undefined) return;
    if (!this.traffic.allows(connection)) return this.putOff(message, reply);
    const target = this.events.find(connection.route, event);
    if (!target) return this.request(connection, message, reply);
    const fault = faultOfValue(payload, this.limits) ?? (headers && faultOfValue(headers, this.limits));
    if (fault) return this.refuse(connection, message, { ok: false, reason: fault, requestId }, reply);
    // An event without an id still counts as a request in flight.
    const frame = { requestId: requestId ?? `$event:${++this.eventCount}`, method, action, data: payload, headers };
    const answer = requestId === undefined ? IGNORE : reply;
    const handle = (): void => void this.pipeline.handle(connection, event, frame, answer, target);
    const ended = action === UNSUBSCRIBE ? endOf(connection, frame.requestId) : undefined;
    if (ended) void ended.then(handle);
    else handle();
  }

  private request(connection: Connection, message: Incoming, reply: Reply): void {
    const { event, payload } = message;
    const parsed = this.parse(payload, connection);
    const ended = parsed.ok && endsItself(parsed.frame) ? endOf(connection, parsed.frame.requestId) : undefined;
    if (parsed.ok && ended) {
      const { requestId, method, action } = parsed.frame;
      return void ended.then(() => reply({ requestId, method, action, status: 200, data: null }));
    }
    if (parsed.ok) return void this.pipeline.handle(connection, event, parsed.frame, reply);
    if (!message.requestId || this.registry.has(event))
      return this.refuse(connection, message, { ...parsed, requestId: parsed.requestId ?? message.requestId }, reply);
    const { requestId, method = 'POST', action = '' } = message;
    const data = { code: 'UNKNOWN_NAMESPACE', message: `Unknown event "${event}".` };
    reply({ requestId, method, action, status: 404, data });
  }

  /** The rate limit is exceeded: answers a request with an error, drops anything else. */
  private putOff(message: Incoming, reply: Reply): void {
    const parsed = parseRequest(message.payload);
    const known = parsed.ok ? parsed.frame : parsed;
    const { requestId = message.requestId, method = message.method ?? 'POST', action = message.action ?? '' } = known;
    if (requestId === undefined) return;
    const data = { code: 'TOO_MANY_REQUESTS', message: 'Too many requests. Try again in a second.' };
    reply({ requestId, method, action, status: 429, data });
  }

  private parse(payload: unknown, { dialect }: Connection): Parsed {
    const fault = faultOfValue(payload, this.limits);
    const isDjira = dialect === 'djira';
    const parsed = parseRequest(isDjira ? completeRequest(payload) : payload);
    if (!fault)
      return parsed.ok && isDjira ? { ok: true, frame: { ...parsed.frame, extra: extraOf(payload) } } : parsed;
    return parsed.ok ? { ok: false, reason: fault, ...parsed.frame } : { ...parsed, reason: fault };
  }

  /** Answers a malformed frame if it has an id; otherwise counts it. */
  private refuse(connection: Connection, message: Incoming, malformed: Malformed, reply: Reply): void {
    const { requestId, method = 'GET', action = '', reason } = malformed;
    if (requestId === undefined) {
      const why = this.knows(connection, message.event) ? reason : `Unknown event "${message.event}".`;
      return this.reception.dropped(connection, why, message);
    }
    reply({ requestId, method, action, status: 400, data: { code: 'MALFORMED_FRAME', message: reason } });
    this.traffic.malformed(connection);
  }
}

const IGNORE = (_answer: AnswerFrame): void => {};

const UNSUBSCRIBE = 'unsubscribe';

/** Whether an unsubscribe has the id of its subscribe, as some formats require. */
function endsItself({ requestId, action, data }: RequestFrame): boolean {
  return action === UNSUBSCRIBE && (data as { target?: unknown } | null | undefined)?.target === requestId;
}

/** Aborts a running request; resolves once it has been answered. `undefined` if no request with this id is running. */
function endOf(connection: Connection, requestId: string): Promise<void> | undefined {
  const running = connection.request(requestId);
  if (!running) return undefined;
  const over = new Promise<void>((resolve) => {
    running.afterAnswer(resolve);
    running.onFailure(resolve);
  });
  running.abort(new JiraException('CANCELLED', 'Closed by the client.'));
  return over;
}
