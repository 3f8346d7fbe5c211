// Spans of requests. If there is a TraceMiddleware, it begins them, so that what an action does is part of its span.

import { propagation, ROOT_CONTEXT, SpanKind, type Span, type Tracer } from '@opentelemetry/api';

/** What names a request. */
export interface TracedRequest {
  readonly connectionId: string;
  readonly requestId: string;
  readonly namespace: string;
  readonly action: string;
  readonly method: string;
  /** Whether the namespace and the action exist. If false, the client made them up. @default true */
  readonly isKnown?: boolean;
}

/** The name for names that clients made up. */
const OTHER = '_other';

export function startRequestSpan(
  tracer: Tracer,
  { connectionId, requestId, namespace, action, method, isKnown = true }: TracedRequest,
  traceparent: string | undefined,
  startTime?: number,
): Span {
  const [service, name] = isKnown ? [namespace, action] : [OTHER, OTHER];
  const attributes = {
    'rpc.system': 'nestjs-jira',
    'rpc.service': service,
    'rpc.method': name,
    'nestjs_jira.method': method,
    'nestjs_jira.request_id': requestId,
    'nestjs_jira.connection_id': connectionId,
  };
  const parent = traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });
  const options = { kind: SpanKind.SERVER, attributes, ...(startTime !== undefined && { startTime }) };
  return tracer.startSpan(`${service}/${name}`, options, parent);
}

/** Spans of requests that are not answered yet. */
export class OpenSpans {
  private static current?: OpenSpans;
  private readonly spans = new Map<string, Span>();

  private constructor(readonly tracer: Tracer) {}

  static begin(tracer: Tracer): OpenSpans {
    if (OpenSpans.current) throw new Error('Traces are collected already: call collectTraces() once.');
    return (OpenSpans.current = new OpenSpans(tracer));
  }

  static end(): void {
    OpenSpans.current = undefined;
  }

  /** `undefined` while no traces are collected. */
  static get active(): OpenSpans | undefined {
    return OpenSpans.current;
  }

  start(request: TracedRequest, traceparent: string | undefined): Span {
    const span = startRequestSpan(this.tracer, request, traceparent);
    this.spans.set(keyOf(request), span);
    return span;
  }

  take(request: TracedRequest): Span | undefined {
    const key = keyOf(request);
    const span = this.spans.get(key);
    this.spans.delete(key);
    return span;
  }
}

function keyOf({ connectionId, requestId }: TracedRequest): string {
  return `${connectionId} ${requestId}`;
}
