// Metrics of commits: what they change, how long they wait, and what is sent.

import type { Instruments, Listeners } from './instruments.js';
import { PendingCommits } from './pending-commits.js';

export function changeMetrics(instruments: Instruments): Listeners {
  return { ...commitMetrics(instruments), ...listMetrics(instruments) };
}

function commitMetrics(instruments: Instruments): Listeners {
  const commits = instruments.counter('jira_commits_total', 'Commits, of this process (own) and of others.', 'source');
  const changes = instruments.counter('jira_changes_total', 'Rows that commits changed.', 'source');
  const lag = instruments.histogram('jira_log_lag_seconds', 'From a commit to its arrival from the log.', 'source');
  const judgements = instruments.counter('jira_judgements_total', 'Images that were judged.', 'by');
  const judged = instruments.histogram('jira_judge_duration_seconds', 'Questions about who sees rows.', 'outcome');
  const frames = instruments.counter('jira_frames_total', 'Frames to channels; reset = refetch.', 'namespace', 'type'); // prettier-ignore
  const deliveries = instruments.counter('jira_deliveries_total', 'Subscriptions that frames went to.', 'namespace', 'type'); // prettier-ignore
  const resets = instruments.counter('jira_resets_total', 'Resets, by reason.', 'namespace', 'reason');
  const first = instruments.histogram('jira_commit_to_first_frame_seconds', 'From a commit to its first frame.');
  const last = instruments.histogram('jira_commit_to_last_frame_seconds', 'From a commit to its last frame.');
  const waiting = instruments.gauge('jira_queue_depth', 'Changes that wait for those before them.', 'entity');
  const pending = new PendingCommits();
  return {
    commit: ({ source, position, changes: count, lagMs }) => {
      commits.inc({ source });
      changes.inc({ source }, count);
      lag.observe({ source }, lagMs / 1_000);
      pending.add(position);
    },
    judge: ({ by, images, durationMs, isFailed }) => {
      judgements.inc({ by }, images);
      if (by === 'database') judged.observe({ outcome: isFailed ? 'failed' : 'answered' }, durationMs / 1_000);
    },
    deliver: ({ namespace, type, position, recipients, reason }) => {
      frames.inc({ namespace, type });
      deliveries.inc({ namespace, type }, recipients);
      if (reason) resets.inc({ namespace, reason });
      const seconds = pending.sent(position);
      if (seconds !== undefined) first.observe(seconds);
    },
    delivered: ({ positions }) => {
      for (const position of positions) {
        const seconds = pending.done(position);
        if (seconds !== undefined) last.observe(seconds);
      }
    },
    queue: ({ entity, waiting: count }) => waiting.set({ entity }, count),
  };
}

function listMetrics(instruments: Instruments): Listeners {
  const windows = instruments.gauge('jira_live_windows', 'Live lists that are kept.', 'namespace');
  const reads = instruments.histogram('jira_window_read_duration_seconds', 'Reads of live lists.', 'namespace', 'outcome'); // prettier-ignore
  const gaps = instruments.counter('jira_log_gaps_total', 'Changes that could not be read or captured.');
  const lost = instruments.counter('jira_cluster_lost_total', 'Outages of the store that processes share.', 'store');
  const isUp = instruments.gauge('jira_cluster_up', 'Whether the shared store is available; absent = never lost.', 'store'); // prettier-ignore
  return {
    window: ({ event, namespace, durationMs = 0, isFailed }) => {
      if (event === 'read') reads.observe({ namespace, outcome: isFailed ? 'failed' : 'read' }, durationMs / 1_000);
      else windows.inc({ namespace }, event === 'opened' ? 1 : -1);
    },
    log: () => gaps.inc(),
    cluster: ({ event, store }) => {
      if (event === 'lost') lost.inc({ store });
      isUp.set({ store }, event === 'lost' ? 0 : 1);
    },
  };
}
