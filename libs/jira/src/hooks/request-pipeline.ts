// One request from frame to answer. Every well-formed request is answered exactly once; nothing here rejects.

import { Inject, Injectable } from '@nestjs/common';
import type { AnswerFrame, RequestFrame } from 'nestjs-jira-protocol';
import { publishRefusal } from '../core/diagnostics/diagnostics.js';
import { errorAnswer, withCodeAndMessage, TRANSLATORS, type ErrorTranslator } from '../core/errors/error-answer.js';
import { JiraException } from '../core/errors/jira.exception.js';
import { ProblemLog } from '../core/errors/problem-log.js';
import type { Connection } from '../core/connections/connection.js';
import { spend } from '../core/limits/budget.js';
import { LIMITS, type Limits } from '../core/limits/limits.js';
import { limitOf } from '../core/limits/limits-of.js';
import { isWithin } from '../core/support/answer-size.js';
import { RequestTurns } from '../core/limits/request-turns.js';
import { RequestHandle } from '../core/connections/request-handle.js';
import { LifecycleEvents } from '../core/lifecycle/lifecycle-events.js';
import { ActionScope, SCOPE_SERVICES, stateOf, type HookScope, type ScopeServices } from '../core/scope/scope.js';
import { inRequest } from '../core/scope/running-request.js';
import { ReservedRequests } from './reserved-requests.js';
import { watchRequest, type RequestWatch } from './request-watch.js';
import { HookRegistry, type RequestTarget, type ScopeType } from './registry.js';
import { sendEncodable } from '../core/support/wire-value.js';
import type { Answer } from '../core/scope/answer.js';

/** Passes the answer to the transport. */
export type Reply = (answer: AnswerFrame) => void;

/** A frame, with the extras its dialect allows. */
export interface IncomingRequest extends RequestFrame {
  readonly extra?: Readonly<Record<string, unknown>>;
}

@Injectable()
export class RequestPipeline {
  private readonly problems = new ProblemLog();
  private isClosing = false;
  private open = 0;
  private drained?: () => void;

  constructor(
    private readonly registry: HookRegistry,
    private readonly reserved: ReservedRequests,
    @Inject(SCOPE_SERVICES) private readonly services: ScopeServices,
    @Inject(LIMITS) private readonly limits: Limits,
    @Inject(TRANSLATORS) private readonly translators: readonly ErrorTranslator[],
    private readonly lifecycle: LifecycleEvents,
    private readonly turns: RequestTurns,
  ) {}

  /**
   * Answers one request through `respond`, exactly once: with a reserved request of the protocol, with `target`, or with the
   * action that the frame names. What follows an answer runs in the same turn as `respond`.
   */
  async handle(
    connection: Connection,
    namespace: string,
    frame: IncomingRequest,
    respond: Reply,
    target?: RequestTarget,
  ): Promise<void> {
    const watch = watchRequest(connection.id, namespace, frame);
    const reply = watch ? watched(respond, watch) : respond;
    const reserved = this.reserved.find(namespace, frame);
    if (!reserved && this.lifecycle.hears('jira.message'))
      this.lifecycle.emit('jira.message', { connection, event: namespace, payload: target ? frame.data : frame });
    const isCounted = !reserved || reserved.isCounted === true;
    const refusal = isCounted ? this.refusalOf(connection, frame, reserved !== undefined) : undefined;
    if (refusal) return reply(this.failure(connection, namespace, frame, refusal));
    const handle = new RequestHandle();
    if (isCounted) connection.begin(frame.requestId, handle);
    if (reserved && isCounted) connection.acknowledging++;
    this.open++;
    let isSuccess = false;
    let scope: HookScope | undefined;
    try {
      const action =
        reserved ?? target ?? this.registry.resolve(namespace, frame.action, frame.method, connection.route);
      if (watch) watch.isKnown = true;
      scope = this.openScope(connection, namespace, frame, handle, action.scopeType);
      if (action.cost) spend(connection, action.cost, this.limits);
      if (frame.extra) scope.extra = frame.extra;
      const answer = await this.runInTime(action, scope, handle, reserved !== undefined);
      isSuccess = answer.status < 400;
      if (!isSuccess && connection.dialect === 'jira') answer.data = withCodeAndMessage(answer.status, answer.data);
      this.checkSize(answer, scope);
      sendEncodable(answerFrame(frame, answer), reply);
    } catch (error) {
      isSuccess = false;
      // Something may still be running, such as an action whose interceptor gave up.
      handle.abort(error instanceof Error ? error : new Error('The request failed.', { cause: error }));
      this.reply(connection, namespace, reply, this.failure(connection, namespace, frame, error));
    } finally {
      stopTimer(scope);
      if (isCounted) connection.end(frame.requestId);
      if (reserved && isCounted) connection.acknowledging--;
      handle.settle(isSuccess);
      this.open--;
      if (this.open === 0) this.drained?.();
    }
  }

  /** Runs work that no client requested: there is no answer, and request limits do not apply. */
  async notify(connection: Connection, event: string, data: unknown, target: RequestTarget): Promise<void> {
    const frame: RequestFrame = { requestId: '', method: 'POST', action: '', data };
    try {
      await target.handle(this.openScope(connection, event, frame, new RequestHandle(), target.scopeType));
    } catch (error) {
      this.failure(connection, event, frame, error);
    }
  }

  /** Refuses new requests. Resolves when those in flight are answered. */
  async close(): Promise<void> {
    this.isClosing = true;
    if (this.open > 0) await new Promise<void>((resolve) => (this.drained = resolve));
  }

  /** Like a result, the details of an error may be impossible to encode. */
  private reply(connection: Connection, namespace: string, reply: Reply, frame: AnswerFrame): void {
    try {
      sendEncodable(frame, reply);
    } catch (error) {
      reply(this.failure(connection, namespace, frame, error));
    }
  }

  private refusalOf(
    connection: Connection,
    { requestId }: RequestFrame,
    isReserved: boolean,
  ): JiraException | undefined {
    if (this.isClosing && !isReserved) return new JiraException('UNAVAILABLE', 'The server is shutting down.');
    if (connection.request(requestId))
      return new JiraException('DUPLICATE_REQUEST', `Request "${requestId}" is still in flight.`);
    // Acknowledgements free what waits for them, so other requests do not hold them back.
    const inFlight = isReserved ? connection.acknowledging : connection.inFlight;
    const limit = limitOf(connection, this.limits, 'requestsInFlight');
    if (inFlight >= limit) {
      publishRefusal('requestsInFlight', connection.id);
      return new JiraException('TOO_MANY_REQUESTS', `Too many requests in flight; the limit is ${limit}.`);
    }
    const userRequestsInFlight = limitOf(connection, this.limits, 'userRequestsInFlight');
    if (!isReserved && connection.party.inFlight >= userRequestsInFlight) {
      publishRefusal('userRequestsInFlight', connection.id);
      const message = `Too many requests of this user in flight; the limit is ${userRequestsInFlight}.`;
      return new JiraException('TOO_MANY_REQUESTS', message);
    }
    return undefined;
  }

  private checkSize({ data }: Answer, scope: HookScope): void {
    const answerBytes = limitOf(scope.connection, this.limits, 'answerBytes');
    if (isWithin(data, answerBytes)) return;
    publishRefusal('answerBytes', scope.connection.id);
    const done = stateOf(scope).unitOfWork?.transaction ? 'The request was carried out. Its' : 'The';
    throw new JiraException('ANSWER_TOO_LARGE', `${done} answer is too large; the limit is ${answerBytes} bytes.`);
  }

  private openScope(
    connection: Connection,
    namespace: string,
    { action, method, requestId, data, query = {}, headers = {} }: RequestFrame,
    handle: RequestHandle,
    scopeType: ScopeType = ActionScope,
  ): HookScope {
    return new scopeType(
      connection, namespace, action, method, requestId, data, query, headers, { handle, services: this.services },
    ); // prettier-ignore
  }

  /**
   * The action's answer, or an error at the first of timeout, cancel and disconnect. The wait for a turn is part of the timeout.
   * An abandoned action counts as in flight until it has ended, so that cancelling requests does not let a client run more.
   */
  private runInTime(
    { handle: run, timeoutMs }: RequestTarget,
    scope: HookScope,
    handle: RequestHandle,
    isReserved: boolean,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let isRunning = false;
      const { connection } = scope;
      const { party } = connection;
      handle.onAbort((reason) => {
        if (isRunning) connection.abandoning();
        reject(reason);
      });
      stateOf(scope).timer = setTimeout(() => {
        publishRefusal('actionTimeoutMs', connection.id);
        handle.abort(new JiraException('TIMEOUT', `The action took longer than ${timeoutMs} ms.`));
      }, timeoutMs);
      const ended = (): void => {
        isRunning = false;
        if (handle.aborted) connection.abandonedEnded();
      };
      const begin = (): void => {
        isRunning = true;
        const work = inRequest(handle, timeoutMs, party, () => run(scope));
        void work.then(ended, ended); // before any other listener
        work.then(resolve, reject);
      };
      // Reserved requests do little work, and free what waits for them.
      if (isReserved || this.turns.mayBegin()) return begin();
      this.turns.wait(party, () => {
        if (handle.aborted) return false;
        begin();
        return true;
      });
    });
  }

  private failure(
    connection: Connection,
    event: string,
    frame: Pick<RequestFrame, 'requestId' | 'method' | 'action'>,
    error: unknown,
  ): AnswerFrame {
    const { requestId, action } = frame;
    const { status, data, isUnexpected } = errorAnswer(error, requestId, this.translators);
    if (isUnexpected)
      this.problems.error(`${event} ${action} failed`, `${event} ${action} (request ${requestId}) failed`, error);
    if (this.lifecycle.hears('jira.message_handler_exception')) {
      const told = { connection, event, action, requestId, error, status, isUnexpected };
      this.lifecycle.emit('jira.message_handler_exception', told);
    }
    return { ...echo(frame), status, data };
  }
}

/** The same reply, reported to the watch once the answer was passed on. */
function watched(reply: Reply, watch: RequestWatch): Reply {
  return (answer) => {
    reply(answer);
    watch.answered(answer);
  };
}

function stopTimer(scope: HookScope | undefined): void {
  if (!scope) return;
  const state = stateOf(scope);
  clearTimeout(state.timer);
  state.timer = undefined;
}

function answerFrame(frame: RequestFrame, { status, data, position }: Answer): AnswerFrame {
  const { requestId, method, action } = frame;
  return position === undefined
    ? { requestId, method, action, status, data }
    : { requestId, method, action, status, data, position };
}

function echo({
  requestId,
  method,
  action,
}: Pick<RequestFrame, 'requestId' | 'method' | 'action'>): Pick<AnswerFrame, 'requestId' | 'method' | 'action'> {
  return { requestId, method, action };
}
