// What one has typed into an issue, and what becomes of it when somebody else saves the same issue meanwhile.

import { useState } from 'preact/hooks';
import { JiraClientError } from 'nestjs-jira-client';
import { changedFields, clashesOf, FIELD_NAMES } from './conflict.js';
import { formErrors, NO_ERRORS, type FormErrors } from './field.js';
import type { Draft, IssueList } from './issue-list.js';
import type { Issue } from './jira.js';

/** One's edits of a row, as it was when the first of them was made. */
interface Edit {
  readonly base: Issue | undefined;
  readonly draft: Draft;
}

const UNTOUCHED: Edit = { base: undefined, draft: {} };

export interface IssueDraft extends Edit {
  /** The row that a save met in place of the one that was edited. */
  readonly conflict: Issue | undefined;
  readonly errors: FormErrors;
  readonly isBusy: boolean;
  readonly change: (part: Draft) => void;
  /** Does it, then closes; stays open when it resolves to `false`, or fails, and then says why. */
  readonly attempt: (action: () => PromiseLike<unknown>) => Promise<void>;
  readonly save: () => Promise<void>;
  readonly keepMine: () => Promise<void>;
  readonly takeTheirs: () => void;
}

export function useIssueDraft(issue: Issue | undefined, write: IssueList['save'], close: () => void): IssueDraft {
  const [edit, setEdit] = useState(UNTOUCHED);
  const [conflict, setConflict] = useState<Issue>();
  const [errors, setErrors] = useState(NO_ERRORS);
  const [isBusy, setBusy] = useState(false);
  const { base, draft } = edit;

  const change = (part: Draft): void =>
    setEdit((before) => ({ base: before.base ?? issue, draft: { ...before.draft, ...part } }));

  const attempt = async (action: () => PromiseLike<unknown>): Promise<void> => {
    setBusy(true);
    setErrors(NO_ERRORS);
    try {
      if ((await action()) !== false) close();
    } catch (error) {
      setErrors(formErrors(error, FIELD_NAMES));
    } finally {
      setBusy(false);
    }
  };

  /** Saves over the row as one knows it, and says whether; a row that only moved within its column asks no question. */
  const isSavedOver = async (known: Issue): Promise<boolean> => {
    const fields = draft.title === undefined ? draft : { ...draft, title: draft.title.trim() };
    try {
      await write(known.id, fields, known.version);
      return true;
    } catch (error) {
      const current = currentOf(error);
      if (!current) throw error;
      if (changedFields(base ?? known, current).length === 0) return isSavedOver(current);
      setConflict(current);
      return false;
    }
  };

  return {
    ...edit,
    conflict,
    errors,
    isBusy,
    change,
    attempt,
    save: async () => (base ? attempt(() => isSavedOver(base)) : close()),
    keepMine: async () => {
      if (conflict) await attempt(() => isSavedOver(conflict));
    },
    takeTheirs: () => {
      if (!conflict || !base) return;
      const clashes = clashesOf(base, conflict, draft);
      const rest = Object.entries(draft).filter(
        ([name]) => clashes.length > 0 && !clashes.some((each) => each === name),
      );
      setEdit(rest.length > 0 ? { base: conflict, draft: Object.fromEntries(rest) } : UNTOUCHED);
      setConflict(undefined);
    },
  };
}

/** The row that the save met in place of the one that was edited, as the server's error brings it. */
function currentOf(error: unknown): Issue | undefined {
  if (!(error instanceof JiraClientError) || error.code !== 'VERSION_CONFLICT') return undefined;
  return error.details?.['current'] as Issue | undefined;
}
