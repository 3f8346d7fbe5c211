// Answers the requests of the protocol itself: new credentials, acknowledgements, and the end of a request.

import { Inject, Injectable } from '@nestjs/common';
import {
  ACKNOWLEDGE_ACTION,
  AUTHENTICATE_ACTION,
  CANCEL_ACTION,
  CONNECTION_EVENT,
  PING_ACTION,
  type Method,
  type RequestFrame,
} from 'nestjs-jira-protocol';
import { Messages } from '../cluster/messaging/messages.js';
import { JiraException } from '../core/errors/jira.exception.js';
import { LIMITS, type Limits } from '../core/limits/limits.js';
import { Answer } from '../core/scope/answer.js';
import { stateOf, type HookScope } from '../core/scope/scope.js';
import type { RequestTarget } from '../hooks/registry.js';
import { ReservedRequests } from '../hooks/reserved-requests.js';
import { Hub } from '../live/delivery/hub.js';
import { Authorization } from '../live/sessions/authorization.js';

/** Resolves with the data of the answer. */
type Handle = (scope: HookScope) => unknown;

@Injectable()
export class ProtocolRequests extends ReservedRequests {
  /** By action: requests on the event of the connection itself. */
  private readonly ofConnection: ReadonlyMap<string, RequestTarget>;
  /** By action: requests on any event. */
  private readonly ofAny: ReadonlyMap<string, RequestTarget>;
  private readonly unknown: RequestTarget;

  constructor(
    private readonly authorization: Authorization,
    private readonly messages: Messages,
    private readonly hub: Hub,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {
    super();
    this.ofConnection = new Map([
      [AUTHENTICATE_ACTION, this.target((scope) => this.authenticate(scope), 'POST')],
      // Counts as a request in flight, because it waits for the message queue: a client that sends many is refused.
      [ACKNOWLEDGE_ACTION, { ...this.target((scope) => this.acknowledge(scope)), isCounted: true }],
      [PING_ACTION, this.target(() => null)],
    ]);
    this.ofAny = new Map([[CANCEL_ACTION, this.target((scope) => this.cancel(scope))]]);
    this.unknown = this.target(({ namespace, action }) => {
      throw new JiraException('UNKNOWN_ACTION', `"${namespace}" has no action "${action}".`);
    });
  }

  find(namespace: string, { action }: RequestFrame): RequestTarget | undefined {
    if (namespace === CONNECTION_EVENT) return this.ofConnection.get(action) ?? this.unknown;
    return action.startsWith('$') ? this.ofAny.get(action) : undefined;
  }

  private target(handle: Handle, method?: Method): RequestTarget {
    return {
      timeoutMs: this.limits.actionTimeoutMs,
      handle: async (scope) => {
        if (method && scope.method !== method)
          throw new JiraException('METHOD_NOT_ALLOWED', `"${scope.action}" accepts ${method}, not ${scope.method}.`);
        return new Answer(200, await handle(scope));
      },
    };
  }

  private authenticate({ connection, data }: HookScope): unknown {
    return this.authorization.renew(connection, data);
  }

  private async acknowledge({ connection, data }: HookScope): Promise<null> {
    const ids = (data as { ids?: unknown } | null | undefined)?.ids;
    const known = Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
    try {
      await this.messages.acknowledge(connection, known);
    } catch (cause) {
      const message = 'The message queue is unavailable; retry the acknowledgement.';
      throw new JiraException('UNAVAILABLE', message, { cause });
    }
    return null;
  }

  /** Ends a running request, which is answered after this one, or ends a subscription. */
  private cancel(scope: HookScope): null {
    const { connection, namespace, data } = scope;
    const target = (data as { target?: unknown } | null | undefined)?.target;
    const named = typeof target === 'string' ? target : '';
    const running = connection.request(named);
    if (running) {
      stateOf(scope).handle.afterAnswer(() =>
        running.abort(new JiraException('CANCELLED', 'Cancelled by the client.')),
      );
    } else if (!this.hub.placement.unsubscribe(connection.id, namespace, named)) {
      throw new JiraException('NOT_FOUND', 'No request in flight and no subscription has the requestId in "target".');
    }
    return null;
  }
}
