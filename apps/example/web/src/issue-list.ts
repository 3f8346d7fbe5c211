// The issues of a project as the board shows them: the server's rows, one's own moves ahead of the answer,
// and which rows somebody else has just changed.

import { useCallback, useMemo, useState } from 'preact/hooks';
import { type Issue, type Status, useJira, useLive, WHOLE } from './jira.js';

export const STATUSES: readonly { readonly status: Status; readonly title: string }[] = [
  { status: 'open', title: 'Open' },
  { status: 'doing', title: 'Doing' },
  { status: 'done', title: 'Done' },
];

export function titleOf(status: Status): string {
  return STATUSES.find((each) => each.status === status)?.title ?? status;
}

type Fields = Partial<Pick<Issue, 'title' | 'description' | 'status' | 'assigneeId' | 'rank'>>;

export interface IssueList {
  readonly issues: readonly Issue[];
  readonly isLoaded: boolean;
  /** Rows that somebody else changed, until `seen`. */
  readonly fresh: ReadonlySet<number>;
  readonly seen: (id: number) => void;
  /** What happened last, in words, for those who do not see the board. */
  readonly news: string;
  /** Shows the change at once, and takes it back when the server refuses; rejects then. */
  readonly patch: (issue: Issue, fields: Fields) => Promise<void>;
}

export function useIssues(projectId: number): IssueList {
  const jira = useJira();
  /** One's own writes: shown until the server's row is as new. A write that is on its way has an infinite version. */
  const [ahead, setAhead] = useState<ReadonlyMap<number, Issue>>(new Map());
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  const [news, setNews] = useState('');

  const live = useLive(
    `issues of ${projectId}`,
    (client) => client.hook('issues').list({ projectId, ...WHOLE }),
    (change, before) => {
      if (change.type === 'reset') return;
      const old = before.find(({ id }) => id === change.id);
      if (change.type === 'removed') {
        if (old) setNews(`“${old.title}” is gone.`);
        return;
      }
      const { data } = change;
      const own = ahead.get(data.id);
      if (own && own.version >= data.version) return;
      setFresh((all) => new Set(all).add(data.id));
      setNews(newsOf(data, old));
    },
  );

  const issues = useMemo(
    () =>
      live.rows
        .map((row) => {
          const own = ahead.get(row.id);
          return own && own.version > row.version ? own : row;
        })
        .toSorted((a, b) => a.rank - b.rank || a.id - b.id),
    [live.rows, ahead],
  );

  const patch = useCallback(
    async (issue: Issue, fields: Fields) => {
      const show = (row: Issue | undefined): void =>
        setAhead((all) => {
          const next = new Map(all);
          if (row) next.set(issue.id, row);
          else next.delete(issue.id);
          return next;
        });
      show({ ...issue, ...fields, version: Number.POSITIVE_INFINITY });
      try {
        show(await jira.hook('issues').patch(issue.id, fields));
      } catch (error) {
        show(undefined);
        throw error;
      }
    },
    [jira],
  );

  const seen = useCallback((id: number) => setFresh((all) => new Set([...all].filter((each) => each !== id))), []);

  return { issues, isLoaded: live.isLoaded, fresh, seen, news, patch };
}

function newsOf(issue: Issue, old: Issue | undefined): string {
  if (!old) return `New issue: “${issue.title}”, ${titleOf(issue.status)}.`;
  if (old.status !== issue.status) return `“${issue.title}” moved to ${titleOf(issue.status)}.`;
  return `“${issue.title}” was changed.`;
}

/** The rank that puts a card before the card at `index` of its column. */
export function rankAt(column: readonly Issue[], index: number): number {
  const before = column[index - 1]?.rank;
  const after = column[index]?.rank;
  if (before === undefined) return after === undefined ? 1 : after - 1;
  return after === undefined ? before + 1 : (before + after) / 2;
}
