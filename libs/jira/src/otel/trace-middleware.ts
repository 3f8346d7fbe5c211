// Makes the span of a request the active one, so that what an action does becomes part of it.

import { Injectable } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import type { HookScope } from '../core/scope/scope.js';
import type { JiraMiddleware, Next } from '../policy/middleware/middleware.js';
import { OpenSpans } from './request-spans.js';

/**
 * With it, spans that are made while an action runs (by instrumentation of the database driver, or your own) and the commit
 * are children of the request's span. Without `collectTraces()` it does nothing.
 *
 * @example
 * JiraModule.forRoot({ middleware: [TraceMiddleware] })
 */
@Injectable()
export class TraceMiddleware implements JiraMiddleware {
  use(scope: HookScope, next: Next): Promise<unknown> {
    const { namespace, action, method, requestId, headers, connection } = scope;
    // What no client requested has no answer that would end the span.
    if (requestId === '' || !OpenSpans.active) return next();
    const traceparent: unknown = headers['traceparent'];
    const request = { connectionId: connection.id, requestId, namespace, action, method };
    const span = OpenSpans.active.start(request, typeof traceparent === 'string' ? traceparent : undefined);
    return context.with(trace.setSpan(context.active(), span), next);
  }
}
