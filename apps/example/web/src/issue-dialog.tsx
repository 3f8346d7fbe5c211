// One issue, new or existing. What one has not touched follows the server while the dialog is open.

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Comments } from './comments.js';
import { IssueForm } from './issue-form.js';
import { useIssueDraft } from './issue-draft.js';
import type { IssueList } from './issue-list.js';
import type { Issue, Status } from './jira.js';
import type { People } from './people.js';

interface IssueDialogProps {
  /** The issue to edit; undefined when it is new, or gone. */
  readonly issue?: Issue | undefined;
  /** Where a new issue goes. */
  readonly create?: { readonly projectId: number; readonly status: Status; readonly rank: number };
  readonly people: People;
  readonly save: IssueList['save'];
  readonly onClose: () => void;
}

export function IssueDialog({ issue, create, people, save, onClose }: IssueDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = (): void => dialog.current?.close();
  const edit = useIssueDraft(issue, save, close);
  const isUntouched = Object.keys(edit.draft).length === 0;

  useEffect(() => dialog.current?.showModal(), []);

  return (
    <dialog
      ref={dialog}
      class={create ? 'dialog' : 'dialog dialog-wide'}
      aria-labelledby="dialog-title"
      onClose={onClose}
      // A click beside the dialog is for the backdrop, which counts as the dialog itself; never lose what was typed.
      onClick={(event) => event.target === dialog.current && isUntouched && close()}
    >
      <header class="dialog-head">
        <h2 id="dialog-title">{create ? 'New issue' : `Issue ${issue ? `#${issue.id}` : ''}`}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={close}>
          ✕
        </button>
      </header>
      <div class="dialog-body">
        {!create && !issue ? (
          <p class="gone">This issue is not there any more.</p>
        ) : (
          <IssueForm issue={issue} create={create} people={people} edit={edit} />
        )}
        {issue && <Comments issueId={issue.id} nameOf={people.nameOf} />}
      </div>
    </dialog>
  );
}
