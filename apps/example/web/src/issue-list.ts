// The issues of a project as the board shows them: the server's rows, one's own moves ahead of the answer,
// and which rows somebody else has just changed.

import { useCallback, useMemo, useState } from 'preact/hooks';
import { type Issue, type Status, useJira, useLive, WHOLE } from './jira.js';
import { useMoves, type Moves } from './moves.js';

export const STATUSES: readonly { readonly status: Status; readonly title: string }[] = [
  { status: 'open', title: 'Open' },
  { status: 'doing', title: 'Doing' },
  { status: 'done', title: 'Done' },
];

export function titleOf(status: Status): string {
  return STATUSES.find((each) => each.status === status)?.title ?? status;
}

/** What of an issue can be edited. */
export type Draft = Partial<Pick<Issue, 'title' | 'description' | 'status' | 'assigneeId'>>;

export interface IssueList extends Pick<Moves, 'unsaved' | 'move'> {
  readonly issues: readonly Issue[];
  readonly isLoaded: boolean;
  /** Rows that somebody else changed, until `seen`. */
  readonly fresh: ReadonlySet<number>;
  readonly seen: (id: number) => void;
  /** What happened last, in words, for those who do not see the board. */
  readonly news: string;
  /** Writes what was edited, if the row still has the version that was edited; rejects with VERSION_CONFLICT else. */
  readonly save: (id: number, draft: Draft, version: number) => Promise<void>;
}

export function useIssues(projectId: number, nameOf: (id: number | null) => string | undefined): IssueList {
  const jira = useJira();
  const { over, unsaved, move, saved, isOwn } = useMoves();
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
      if (isOwn(data)) return;
      setFresh((all) => new Set(all).add(data.id));
      setNews(newsOf(data, old, nameOf(data.updatedById)));
    },
  );

  const issues = useMemo(() => over(live.rows).toSorted((a, b) => a.rank - b.rank || a.id - b.id), [live.rows, over]);

  const save = useCallback(
    async (id: number, draft: Draft, version: number) =>
      saved(await jira.hook('issues').patch(id, { ...draft, version })),
    [jira, saved],
  );

  const seen = useCallback((id: number) => setFresh((all) => new Set([...all].filter((each) => each !== id))), []);

  return { issues, isLoaded: live.isLoaded, fresh, seen, news, unsaved, move, save };
}

function newsOf(issue: Issue, old: Issue | undefined, who = 'Someone'): string {
  if (!old) return `${who} created “${issue.title}” in ${titleOf(issue.status)}.`;
  if (old.status !== issue.status) return `${who} moved “${issue.title}” to ${titleOf(issue.status)}.`;
  return `${who} changed “${issue.title}”.`;
}

/** The rank that puts a card before the card at `index` of its column. */
export function rankAt(column: readonly Issue[], index: number): number {
  const before = column[index - 1]?.rank;
  const after = column[index]?.rank;
  if (before === undefined) return after === undefined ? 1 : after - 1;
  return after === undefined ? before + 1 : (before + after) / 2;
}
