// Metrics of what clients do: connect, send requests, subscribe, resume, exceed limits.

import { OTHER, type Instruments, type Listeners } from './instruments.js';

/** Why connections close, in the words of this library and of Socket.IO. Other reasons may be a client's own text. */
const REASONS: ReadonlySet<string> = new Set([
  'SLOW_CLIENT', 'FRAME_TOO_LARGE', 'MALFORMED_FRAME', 'TOO_MANY_REQUESTS', 'TOO_MANY_CONNECTIONS', 'UNAUTHENTICATED',
  'PERMISSION_DENIED', 'UNAVAILABLE', 'TIMEOUT', 'transport close', 'transport error', 'ping timeout', 'parse error',
  'client namespace disconnect', 'server namespace disconnect', 'server shutting down', 'forced close',
]); // prettier-ignore

export function clientMetrics(instruments: Instruments): Listeners {
  const open = instruments.gauge('jira_connections', 'Open connections.');
  const closed = instruments.counter('jira_connections_closed_total', 'Connections that closed, by reason.', 'reason');
  const refused = instruments.counter('jira_connections_refused_total', 'Refused handshakes, by code.', 'code');
  const refusals = instruments.counter('jira_refusals_total', 'Refusals, by limit.', 'limit');
  const duration = instruments.histogram(
    'jira_request_duration_seconds',
    'From the arrival of a request to its answer.',
    'namespace',
    'action',
    'status',
  );
  const subscriptions = instruments.gauge('jira_subscriptions', 'Open subscriptions.', 'namespace');
  const resumes = instruments.counter('jira_resumes_total', 'Clients that came back.', 'namespace', 'outcome');
  const waiting = instruments.gauge('jira_pool_waiting', 'Requests that wait for a connection of the pool.', 'data_source'); // prettier-ignore
  return {
    connection: ({ event, code, reason = OTHER }) => {
      if (event === 'refused') return refused.inc({ code: code ?? OTHER });
      open.inc(event === 'opened' ? 1 : -1);
      if (event === 'closed') closed.inc({ reason: REASONS.has(reason) ? reason : OTHER });
    },
    refusal: ({ limit }) => refusals.inc({ limit }),
    request: ({ namespace, action, status, durationMs, isKnown }) => {
      const names = isKnown ? { namespace, action } : { namespace: OTHER, action: OTHER };
      duration.observe({ ...names, status: String(status) }, durationMs / 1_000);
    },
    subscribe: ({ event, namespace }) => subscriptions.inc({ namespace }, event === 'opened' ? 1 : -1),
    pool: ({ dataSource, waiting: count }) => waiting.set({ data_source: dataSource }, count),
    resume: ({ namespace, outcome }) => resumes.inc({ namespace, outcome }),
  };
}
