// OpenTelemetry spans, from the diagnostics: requests, commits, and deliveries with a link to their commit.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Link,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import type { DiagnosticMessages } from '../core/diagnostics/diagnostics.js';
import { OpenSpans, startRequestSpan } from './request-spans.js';

/** Options of `collectTraces()`. */
export interface TraceOptions {
  /** Creates the spans. @default the tracer "nestjs-jira" of the registered provider */
  readonly tracer?: Tracer;
}

type Name = keyof DiagnosticMessages;
type Listeners = { readonly [N in Name]?: (message: DiagnosticMessages[N]) => void };

/** Commits that deliveries may still refer to. */
const KNOWN_COMMITS = 1_000;

/**
 * Creates a span for each request, commit and delivery of this process. Call it once, after the OpenTelemetry SDK has registered
 * its provider, and before the application listens. Returns a function that stops it.
 *
 * If a request has the header `traceparent`, its span continues the caller's trace. A delivery links to the span of its commit.
 *
 * @throws Error if traces are already collected
 * @example
 * collectTraces();
 * const app = await NestFactory.create(AppModule);
 */
export function collectTraces({ tracer = trace.getTracer('nestjs-jira') }: TraceOptions = {}): () => void {
  const open = OpenSpans.begin(tracer);
  const listeners: Listeners = { request: (message) => endRequest(message, open), ...changeSpans(tracer) };
  const heard = Object.entries(listeners).map(([name, listener]) => ({
    channel: `nestjs-jira:${name}`,
    hear: listener as (message: unknown) => void,
  }));
  for (const { channel, hear } of heard) subscribe(channel, hear);
  return () => {
    for (const { channel, hear } of heard) unsubscribe(channel, hear);
    OpenSpans.end();
  };
}

function endRequest(message: DiagnosticMessages['request'], open: OpenSpans): void {
  const { status, code, durationMs } = message;
  const span =
    open.take(message) ?? startRequestSpan(open.tracer, message, message.traceparent, Date.now() - durationMs);
  span.setAttribute('rpc.response.status_code', String(status));
  if (code !== undefined) span.setAttribute('error.type', code);
  // By convention, a server's span fails only for the server's own faults, not for the client's.
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR, ...(code !== undefined && { message: code }) });
  span.end();
}

function changeSpans(tracer: Tracer): Listeners {
  const commits = new Map<string, { readonly span: SpanContext; readonly at: number }>();
  return {
    commit: ({ source, position, changes }) => {
      const attributes = {
        ...messaging('send', 'changes'),
        'messaging.batch.message_count': changes,
        'nestjs_jira.source': source,
        'nestjs_jira.position': position,
      };
      const parent = source === 'own' ? context.active() : ROOT_CONTEXT;
      const span = tracer.startSpan('send changes', { kind: SpanKind.PRODUCER, attributes }, parent);
      span.end();
      commits.set(position, { span: span.spanContext(), at: Date.now() });
      const [oldest] = commits.keys();
      if (commits.size > KNOWN_COMMITS && oldest !== undefined) commits.delete(oldest);
    },
    deliver: ({ namespace, type, position, recipients, reason }) => {
      const commit = commits.get(position);
      const links: Link[] = commit ? [{ context: commit.span }] : [];
      const attributes = {
        ...messaging('process', namespace),
        'nestjs_jira.type': type,
        'nestjs_jira.recipients': recipients,
        'nestjs_jira.position': position,
        ...(reason && { 'nestjs_jira.reason': reason }),
      };
      const options = { kind: SpanKind.CONSUMER, attributes, links, ...(commit && { startTime: commit.at }) };
      tracer.startSpan(`process ${namespace}`, options, ROOT_CONTEXT).end();
    },
  };
}

function messaging(operation: 'send' | 'process', destination: string): Record<string, string> {
  return {
    'messaging.system': 'nestjs-jira',
    'messaging.operation.type': operation,
    'messaging.operation.name': operation,
    'messaging.destination.name': destination,
  };
}
