import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Conflict } from './conflict.js';
import { Field } from './field.js';
import type { IssueDraft } from './issue-draft.js';
import { STATUSES } from './issue-list.js';
import { type Issue, type Status, useConnection, useJira } from './jira.js';
import type { People } from './people.js';

interface IssueFormProps {
  readonly issue: Issue | undefined;
  readonly create: { readonly projectId: number; readonly status: Status; readonly rank: number } | undefined;
  readonly people: People;
  readonly edit: IssueDraft;
}

export function IssueForm({ issue, create, people, edit }: IssueFormProps): JSX.Element {
  const jira = useJira();
  const titleInput = useRef<HTMLInputElement>(null);
  const { base, draft, conflict, errors, isBusy, change } = edit;
  const values = { title: '', description: '', status: create?.status ?? 'open', assigneeId: null, ...issue, ...draft };

  // An existing issue is read first: on a phone the focus would put the keyboard over it.
  useEffect(() => {
    if (create) titleInput.current?.focus();
  }, []);

  const submit = (event: Event): void => {
    event.preventDefault();
    if (conflict) return;
    void (create
      ? edit.attempt(() => jira.hook('issues').create({ ...create, ...draft, title: values.title.trim() }))
      : edit.save());
  };

  return (
    <form class="issue-form" aria-label="Issue" noValidate onSubmit={submit}>
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
            rows={6}
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
      {conflict && base ? (
        <Conflict
          base={base}
          current={conflict}
          draft={draft}
          nameOf={people.nameOf}
          isBusy={isBusy}
          onKeepMine={() => void edit.keepMine()}
          onTakeTheirs={edit.takeTheirs}
        />
      ) : (
        <>
          <Hint issue={issue} edit={edit} nameOf={people.nameOf} />
          <div class="dialog-actions">
            {issue && (
              <DeleteButton
                isBusy={isBusy}
                onDelete={() => void edit.attempt(() => jira.hook('issues').destroy(issue.id))}
              />
            )}
            <button type="submit" class="button button-primary" disabled={isBusy}>
              {create ? 'Create issue' : 'Save'}
            </button>
          </div>
        </>
      )}
    </form>
  );
}

/** What one should know before, or while, one's edits are saved. */
function Hint({ issue, edit, nameOf }: Pick<IssueFormProps, 'issue' | 'edit'> & Pick<People, 'nameOf'>): JSX.Element {
  const { state } = useConnection();
  const { base, isBusy } = edit;
  const isOvertaken = base && issue && issue.version > base.version && !isBusy;
  return (
    <p class="form-hint" role="status">
      {isBusy && state !== 'connected' && 'Offline: this is sent when the connection is back.'}
      {isOvertaken &&
        `${nameOf(issue.updatedById) ?? 'Someone'} saved this issue after you began editing. When you save, you choose what to keep.`}
    </p>
  );
}

/** Asks once more before it deletes. */
function DeleteButton({ isBusy, onDelete }: { readonly isBusy: boolean; readonly onDelete: () => void }): JSX.Element {
  const [isSure, setSure] = useState(false);
  return (
    <button
      type="button"
      class={`button ${isSure ? 'button-danger' : 'button-quiet'}`}
      disabled={isBusy}
      onBlur={() => setSure(false)}
      onClick={() => (isSure ? onDelete() : setSure(true))}
    >
      {isSure ? 'Really delete?' : 'Delete'}
    </button>
  );
}
