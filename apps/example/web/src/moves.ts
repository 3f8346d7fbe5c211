// One's own moves, ahead of the server: shown at once, and marked until the server has them.

import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import { JiraClientError } from 'nestjs-jira-client';
import { type Issue, useJira } from './jira.js';
import { useReport, wordsOf } from './notices.js';

/** A move that the server has not confirmed. */
export interface UnsavedMove {
  /** `failed`: there was no answer, for the time being; it is not tried again by itself. */
  readonly state: 'pending' | 'failed';
  readonly reason?: string;
  /** Puts the card back where the server has it. */
  readonly undo: () => void;
  readonly retry: () => void;
}

type Place = Pick<Issue, 'status' | 'rank'>;

/** The answer to a write, or a move on its way: where to, and the version of the row that was moved. */
type Ahead =
  | { readonly row: Issue; readonly move?: undefined }
  | { readonly move: UnsavedMove; readonly place: Place; readonly version: number };

export interface Moves {
  /** The rows with one's own moves and writes in place of what they replace. */
  readonly over: (rows: readonly Issue[]) => readonly Issue[];
  readonly unsaved: ReadonlyMap<number, UnsavedMove>;
  readonly move: (issue: Issue, place: Place) => void;
  /** Shows the answer to a write before its change arrives. */
  readonly saved: (row: Issue) => void;
  /** Whether this row is the answer to a write of one's own. */
  readonly isOwn: (row: Issue) => boolean;
}

export function useMoves(): Moves {
  const jira = useJira();
  const report = useReport();
  const [ahead, setAhead] = useState<ReadonlyMap<number, Ahead>>(new Map());
  /** The last move of each issue: what becomes of earlier ones is of no interest. */
  const last = useRef(new Map<number, AbortController>());

  const show = useCallback((id: number, entry: Ahead | undefined) => {
    setAhead((all) => {
      const next = new Map(all);
      if (entry) next.set(id, entry);
      else next.delete(id);
      return next;
    });
  }, []);

  const saved = useCallback((row: Issue) => show(row.id, { row }), [show]);

  const move = useCallback(
    (issue: Issue, place: Place) => {
      const { id, version } = issue;
      const send = async (): Promise<void> => {
        const controller = new AbortController();
        last.current.get(id)?.abort();
        last.current.set(id, controller);
        const isLast = (): boolean => last.current.get(id) === controller;
        const undo = (): void => {
          controller.abort();
          if (isLast()) show(id, undefined);
        };
        const retry = (): void => void send();
        show(id, { place, version, move: { state: 'pending', undo, retry } });
        try {
          const answer = await jira.hook('issues').patch(id, place, { signal: controller.signal });
          if (isLast()) saved(answer);
        } catch (error) {
          if (!isLast() || controller.signal.aborted) return;
          const reason = wordsOf(error);
          if (error instanceof JiraClientError && error.retryable)
            return show(id, { place, version, move: { state: 'failed', reason, undo, retry } });
          show(id, undefined);
          report(`“${issue.title}” could not be moved.`, error);
        }
      };
      void send();
    },
    [jira, report, show, saved],
  );

  return useMemo(() => {
    const over = (rows: readonly Issue[]): readonly Issue[] =>
      rows.map((row) => {
        const own = ahead.get(row.id);
        if (!own || !isAhead(own, row)) return row;
        return own.move ? { ...row, ...own.place } : own.row;
      });
    const unsaved = new Map([...ahead].flatMap(([id, { move: own }]) => (own ? [[id, own] as const] : [])));
    const isOwn = (row: Issue): boolean => {
      const own = ahead.get(row.id);
      return own !== undefined && (own.move ? own.move.state === 'pending' : own.row.version >= row.version);
    };
    return { over, unsaved, move, saved, isOwn };
  }, [ahead, move, saved]);
}

/** A move that failed gives way to whoever wrote the row since; an answer to whatever is newer. */
function isAhead(own: Ahead, live: Issue): boolean {
  if (!own.move) return live.version < own.row.version;
  return own.move.state === 'pending' || live.version <= own.version;
}
