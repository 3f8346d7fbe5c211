// Spans of OpenTelemetry, made by its own SDK: requests continue the caller's trace, deliveries link to their commit.

import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base'; // prettier-ignore
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Action, AllowAny, BaseHook, Hook } from 'nestjs-jira';
import { collectTraces, TraceMiddleware } from 'nestjs-jira/otel';
import { createTestApp, type TestApp } from '../support/app.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const traceparent = `00-${TRACE}-${PARENT}-01`;

@Hook('works')
class WorkHook extends BaseHook {
  permissions = [AllowAny];

  @Action()
  query() {
    trace.getTracer('app').startSpan('SELECT').end();
    return 1;
  }

  @Action()
  break() {
    throw new Error('broken');
  }
}

let stop: () => void;
beforeAll(() => {
  trace.setGlobalTracerProvider(provider);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => {
  trace.disable();
  propagation.disable();
  context.disable();
});
beforeEach(() => {
  exporter.reset();
  stop = collectTraces();
});
afterEach(() => stop());

const spans = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name);

const start = async (middleware = [TraceMiddleware]): Promise<TestApp> => {
  const app = await createTestApp({
    ...TRACKER,
    providers: [...TRACKER.providers, WorkHook],
    options: { middleware },
  });
  await seedTracker(app);
  return app;
};

it.each([
  ['with the middleware', [TraceMiddleware]],
  ['without it', []],
])('continue the trace that a request names, %s', async (_title, middleware) => {
  await using app = await start(middleware);
  const client = await app.connect(1);
  const startedAt = Date.now();
  await client.call('issues', 'list', 'GET', { requestId: 'a', headers: { traceparent } });
  const [span, ...others] = spans('issues/list');
  expect(others).toEqual([]);
  expect(span?.kind).toBe(SpanKind.SERVER);
  expect([span?.spanContext().traceId, span?.parentSpanContext?.spanId]).toEqual([TRACE, PARENT]);
  expect(span?.attributes).toEqual({
    'rpc.system': 'nestjs-jira',
    'rpc.service': 'issues',
    'rpc.method': 'list',
    'rpc.response.status_code': '200',
    'nestjs_jira.method': 'GET',
    'nestjs_jira.request_id': 'a',
    'nestjs_jira.connection_id': client.socket.id,
  });
  expect((span?.startTime[0] ?? 0) * 1_000).toBeGreaterThan(startedAt - 2_000);
  expect(span?.status.code).toBe(SpanStatusCode.UNSET);
});

it('hold what the action did, and the commit, where the middleware runs', async () => {
  await using app = await start();
  const client = await app.connect(1);
  await client.call('works', 'query', 'GET');
  await client.call('issues', 'create', 'POST', { data: { title: 'New', projectId: 1 } });
  const parentOf = (name: string): string | undefined => spans(name)[0]?.parentSpanContext?.spanId;
  const idOf = (name: string): string | undefined => spans(name)[0]?.spanContext().spanId;
  expect(parentOf('SELECT')).toBe(idOf('works/query'));
  expect(idOf('works/query')).toBeDefined();
  expect(spans('works/query')[0]?.parentSpanContext).toBeUndefined();
  // The rows that were seeded were committed by nobody's request.
  const commit = spans('send changes').at(-1);
  expect(commit?.parentSpanContext?.spanId).toBe(idOf('issues/create'));
});

it('link a delivery to its commit', async () => {
  await using app = await start();
  const client = await app.connect(1);
  await client.subscribe('issues');
  const { position } = await client.call('issues', 'create', 'POST', { data: { title: 'New', projectId: 1 } });
  await client.nextChanges('issues', 1);
  const commit = spans('send changes').find(({ attributes }) => attributes['nestjs_jira.position'] === position);
  const [delivery] = spans('process issues');
  expect(delivery?.links.map(({ context: linked }) => linked)).toEqual([commit?.spanContext()]);
  expect(delivery?.spanContext().traceId).not.toBe(commit?.spanContext().traceId);
  expect(delivery?.attributes).toMatchObject({ 'nestjs_jira.type': 'added', 'nestjs_jira.recipients': 1 });
});

it("fail for the server's faults alone", async () => {
  await using app = await start();
  const client = await app.connect(1);
  await client.call('works', 'break', 'GET');
  await client.call('issues', 'create', 'POST', { data: { title: 1 } });
  const [broken, invalid] = [...spans('works/break'), ...spans('issues/create')];
  expect([broken?.status.code, broken?.attributes['error.type']]).toEqual([SpanStatusCode.ERROR, 'INTERNAL']);
  expect([invalid?.status.code, invalid?.attributes['error.type']]).toEqual([SpanStatusCode.UNSET, 'VALIDATION_FAILED']); // prettier-ignore
});

it('have no names that clients make up, and take no forged trace', async () => {
  await using app = await start();
  const client = await app.connect(1);
  await client.call('made up', 'x', 'GET', { headers: { traceparent: '00-zz-zz-01' } });
  const [span] = spans('_other/_other');
  expect(span?.parentSpanContext).toBeUndefined();
  expect(JSON.stringify(span?.attributes)).not.toContain('made up');
});

it('are collected once, and end', async () => {
  expect(() => collectTraces()).toThrow('Traces are collected already: call collectTraces() once.');
  stop();
  await using app = await start();
  const client = await app.connect(1);
  await client.call('works', 'query', 'GET');
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['SELECT']);
  stop = collectTraces();
});
