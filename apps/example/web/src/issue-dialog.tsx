// One issue, new or existing. What one has not touched follows the server while the dialog is open.

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Comments } from './comments.js';
import { Field, formErrors, NO_ERRORS } from './field.js';
import { STATUSES, type IssueList } from './issue-list.js';
import { type Issue, type Status, useJira } from './jira.js';
import type { People } from './people.js';

interface IssueDialogProps {
  /** The issue to edit; undefined when it is new, or gone. */
  readonly issue?: Issue | undefined;
  /** Where a new issue goes. */
  readonly create?: { readonly projectId: number; readonly status: Status; readonly rank: number };
  readonly people: People;
  readonly patch: IssueList['patch'];
  readonly onClose: () => void;
}

type Draft = Partial<Pick<Issue, 'title' | 'description' | 'status' | 'assigneeId'>>;
const FIELDS = ['title', 'description', 'status', 'assigneeId'] as const;

export function IssueDialog({ issue, create, people, patch, onClose }: IssueDialogProps): JSX.Element {
  const jira = useJira();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleInput = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState<Draft>({});
  const [errors, setErrors] = useState(NO_ERRORS);
  const [isBusy, setBusy] = useState(false);
  const [isSure, setSure] = useState(false);

  useEffect(() => {
    dialog.current?.showModal();
    // An existing issue is read first: on a phone the focus would put the keyboard over it.
    if (create) titleInput.current?.focus();
  }, []);
  const close = (): void => dialog.current?.close();
  const change = (part: Draft): void => setDraft((before) => ({ ...before, ...part }));
  const isGone = !create && !issue;
  const values = { title: '', description: '', status: create?.status ?? 'open', assigneeId: null, ...issue, ...draft };

  /** Does it and closes; stays open and says why when it fails. */
  const attempt = async (action: () => PromiseLike<unknown>): Promise<void> => {
    setBusy(true);
    setErrors(NO_ERRORS);
    try {
      await action();
      close();
    } catch (error) {
      setErrors(formErrors(error, FIELDS));
    } finally {
      setBusy(false);
    }
  };
  const save = async (): Promise<void> => {
    if (create) return attempt(() => jira.hook('issues').create({ ...create, ...draft, title: values.title.trim() }));
    if (!issue) return;
    const fields = draft.title === undefined ? draft : { ...draft, title: draft.title.trim() };
    return attempt(async () => (Object.keys(fields).length > 0 ? patch(issue, fields) : undefined));
  };
  const isUntouched = Object.keys(draft).length === 0;

  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="dialog-title"
      onClose={onClose}
      // A click beside the dialog is for the backdrop, which counts as the dialog itself; never lose what was typed.
      onClick={(event) => event.target === dialog.current && isUntouched && close()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id="dialog-title">{create ? 'New issue' : `Issue ${issue ? `#${issue.id}` : ''}`}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={close}>
            ✕
          </button>
        </header>
        {isGone ? (
          <p class="gone">This issue is not there any more.</p>
        ) : (
          <form
            class="issue-form"
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              void save();
            }}
          >
            <Field id="issue-title" label="Title" errors={errors.fields['title']}>
              {(control) => (
                <input
                  {...control}
                  ref={titleInput}
                  class="input"
                  autoComplete="off"
                  value={values.title}
                  onInput={(event) => change({ title: event.currentTarget.value })}
                />
              )}
            </Field>
            <Field id="issue-description" label="Description" errors={errors.fields['description']}>
              {(control) => (
                <textarea
                  {...control}
                  class="input"
                  rows={5}
                  value={values.description}
                  onInput={(event) => change({ description: event.currentTarget.value })}
                />
              )}
            </Field>
            <div class="field-row">
              <Field id="issue-status" label="Status" errors={errors.fields['status']}>
                {(control) => (
                  <select
                    {...control}
                    class="input"
                    value={values.status}
                    onChange={(event) => change({ status: event.currentTarget.value as Status })}
                  >
                    {STATUSES.map(({ status, title }) => (
                      <option key={status} value={status}>
                        {title}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
              <Field id="issue-assignee" label="Assignee" errors={errors.fields['assigneeId']}>
                {(control) => (
                  <select
                    {...control}
                    class="input"
                    value={values.assigneeId ?? ''}
                    onChange={(event) => change({ assigneeId: Number(event.currentTarget.value) || null })}
                  >
                    <option value="">Nobody</option>
                    {people.members.map(({ id, name }) => (
                      <option key={id} value={id}>
                        {name}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
            </div>
            {errors.rest && (
              <p class="form-error" role="alert">
                {errors.rest}
              </p>
            )}
            <div class="dialog-actions">
              {issue && (
                <button
                  type="button"
                  class={`button ${isSure ? 'button-danger' : 'button-quiet'}`}
                  disabled={isBusy}
                  onBlur={() => setSure(false)}
                  onClick={() => (isSure ? void attempt(() => jira.hook('issues').destroy(issue.id)) : setSure(true))}
                >
                  {isSure ? 'Really delete?' : 'Delete'}
                </button>
              )}
              {issue && issue.status !== 'done' && (
                <button
                  type="button"
                  class="button"
                  disabled={isBusy}
                  onClick={() => void attempt(() => jira.hook('issues').action('close', { id: issue.id }))}
                >
                  Mark as done
                </button>
              )}
              <button type="submit" class="button button-primary" disabled={isBusy}>
                {create ? 'Create issue' : 'Save'}
              </button>
            </div>
          </form>
        )}
        {issue && <Comments issueId={issue.id} nameOf={people.nameOf} />}
      </div>
    </dialog>
  );
}
