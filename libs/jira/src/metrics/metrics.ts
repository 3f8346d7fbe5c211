// What the diagnostics tell, as metrics for Prometheus. Labels come from the application's code, never from clients.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Counter, Gauge, Histogram, register as defaultRegister, type Registry } from 'prom-client';
import type { DiagnosticMessages } from '../core/diagnostics/diagnostics.js';

export interface MetricsOptions {
  /** Where the metrics are kept. @default the default register of prom-client */
  readonly register?: Registry;
  /** Upper bounds of the histograms, in seconds. @default from 1 ms to 10 s */
  readonly buckets?: readonly number[];
}

type Name = keyof DiagnosticMessages;
type Listeners = { readonly [N in Name]?: (message: DiagnosticMessages[N]) => void };

const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Names that clients have made up. */
const OTHER = '_other';
/** Commits whose first frame is waited for. Most have no subscriber, and none. */
const PENDING_COMMITS = 1_000;

/**
 * Counts and measures what the server does, in this process, for Prometheus. Call it once, before the application listens.
 * Returns a function that ends it and takes the metrics out of the register.
 *
 * @throws Error of prom-client if the register has these metrics already
 * @example
 * collectMetrics();
 * const app = await NestFactory.create(AppModule);
 */
export function collectMetrics({ register = defaultRegister, buckets = BUCKETS }: MetricsOptions = {}): () => void {
  const names: string[] = [];
  const common = (name: string, help: string) => {
    names.push(name);
    return { name, help, registers: [register] };
  };
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> =>
    new Counter({ ...common(name, help), labelNames });
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> =>
    new Gauge({ ...common(name, help), labelNames });
  const histogram = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Histogram<Label> =>
    new Histogram({ ...common(name, help), labelNames, buckets: [...buckets] });

  const listeners: Listeners = {
    ...connectionMetrics(gauge, counter),
    ...requestMetrics(histogram),
    ...changeMetrics(gauge, counter, histogram),
  };
  const heard = Object.entries(listeners).map(([name, listener]) => ({
    channel: `nestjs-jira:${name}`,
    hear: listener as (message: unknown) => void,
  }));
  for (const { channel, hear } of heard) subscribe(channel, hear);
  return () => {
    for (const { channel, hear } of heard) unsubscribe(channel, hear);
    for (const name of names) register.removeSingleMetric(name);
  };
}

type Make<Metric extends 'counter' | 'gauge' | 'histogram'> = <Label extends string>(
  name: string,
  help: string,
  ...labelNames: Label[]
) => { counter: Counter<Label>; gauge: Gauge<Label>; histogram: Histogram<Label> }[Metric];

function connectionMetrics(gauge: Make<'gauge'>, counter: Make<'counter'>): Listeners {
  const open = gauge('jira_connections', 'Open connections.');
  const refused = counter('jira_connections_refused_total', 'Handshakes that were refused, by code.', 'code');
  const refusals = counter('jira_refusals_total', 'What a limit has refused, by limit.', 'limit');
  return {
    connection: ({ event, code }) => {
      if (event === 'refused') refused.inc({ code: code ?? OTHER });
      else open.inc(event === 'opened' ? 1 : -1);
    },
    refusal: ({ limit }) => refusals.inc({ limit }),
  };
}

function requestMetrics(histogram: Make<'histogram'>): Listeners {
  const duration = histogram(
    'jira_request_duration_seconds',
    'From the arrival of a request to its answer.',
    'namespace',
    'action',
    'status',
  );
  return {
    request: ({ namespace, action, status, durationMs, isKnown }) => {
      const names = isKnown ? { namespace, action } : { namespace: OTHER, action: OTHER };
      duration.observe({ ...names, status: String(status) }, durationMs / 1_000);
    },
  };
}

function changeMetrics(gauge: Make<'gauge'>, counter: Make<'counter'>, histogram: Make<'histogram'>): Listeners {
  const commits = counter('jira_commits_total', 'Commits, of this process (own) and of others.', 'source');
  const changes = counter('jira_changes_total', 'Rows that commits changed.', 'source');
  const judged = histogram('jira_judge_duration_seconds', 'Questions about who sees rows.', 'outcome');
  const frames = counter('jira_frames_total', 'Frames to channels; reset = fetch again.', 'namespace', 'type');
  const deliveries = counter('jira_deliveries_total', 'Subscriptions that frames went to.', 'namespace', 'type');
  const delay = histogram('jira_commit_to_frame_seconds', 'From a commit to its first frame.');
  const subscriptions = gauge('jira_subscriptions', 'Open subscriptions.', 'namespace');
  const resumes = counter('jira_resumes_total', 'Clients that came back.', 'namespace', 'outcome');
  const gaps = counter('jira_log_gaps_total', 'Changes that could not be read or captured.');
  const pending = new Map<string, number>();
  return {
    commit: ({ source, position, changes: count }) => {
      commits.inc({ source });
      changes.inc({ source }, count);
      pending.set(position, performance.now());
      const [oldest] = pending.keys();
      if (pending.size > PENDING_COMMITS && oldest !== undefined) pending.delete(oldest);
    },
    judge: ({ durationMs, isFailed }) =>
      judged.observe({ outcome: isFailed ? 'failed' : 'answered' }, durationMs / 1_000),
    deliver: ({ namespace, type, position, recipients }) => {
      frames.inc({ namespace, type });
      deliveries.inc({ namespace, type }, recipients);
      const committedAt = pending.get(position);
      if (committedAt !== undefined && pending.delete(position))
        delay.observe((performance.now() - committedAt) / 1_000);
    },
    subscribe: ({ event, namespace }) => subscriptions.inc({ namespace }, event === 'opened' ? 1 : -1),
    resume: ({ namespace, outcome }) => resumes.inc({ namespace, outcome }),
    log: () => gaps.inc(),
  };
}
