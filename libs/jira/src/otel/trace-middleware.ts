// Makes a request's span the active one, so that what an action does becomes part of it.

import { Injectable } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import type { HookScope } from '../core/scope/scope.js';
import type { JiraMiddleware, Next } from '../policy/middleware/middleware.js';
import { OpenSpans } from './request-spans.js';

/**
 * Makes a request's span the parent of its commit and of all spans that are created while its action runs, such as your own or
 * those of an instrumented database driver. Without `collectTraces()`, it does nothing.
 *
 * @example
 * JiraModule.forRoot({ middleware: [TraceMiddleware] })
 */
@Injectable()
export class TraceMiddleware implements JiraMiddleware {
  use(scope: HookScope, next: Next): Promise<unknown> {
    const { namespace, action, method, requestId, headers, connection } = scope;
    // Work that no client requested has no answer, which would end the span.
    if (requestId === '' || !OpenSpans.active) return next();
    const traceparent: unknown = headers['traceparent'];
    const request = { connectionId: connection.id, requestId, namespace, action, method };
    const span = OpenSpans.active.start(request, typeof traceparent === 'string' ? traceparent : undefined);
    return context.with(trace.setSpan(context.active(), span), next);
  }
}
