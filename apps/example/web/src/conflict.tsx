// Two people edited one issue, and the other was first: what they changed, and whose words to keep.

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { titleOf, type Draft } from './issue-list.js';
import type { Issue } from './jira.js';
import type { People } from './people.js';

export type FieldName = keyof Draft;

export const FIELD_NAMES: readonly FieldName[] = ['title', 'description', 'status', 'assigneeId'];

const LABELS: Readonly<Record<FieldName, string>> = {
  title: 'Title',
  description: 'Description',
  status: 'Status',
  assigneeId: 'Assignee',
};

/** What the other has changed since one began to edit. */
export function changedFields(base: Issue, current: Issue): FieldName[] {
  return FIELD_NAMES.filter((name) => base[name] !== current[name]);
}

/** What both have changed, to different ends. */
export function clashesOf(base: Issue, current: Issue, draft: Draft): FieldName[] {
  return changedFields(base, current).filter((name) => name in draft && draft[name] !== current[name]);
}

interface ConflictProps {
  /** The row that was edited, and the row as the other left it. */
  readonly base: Issue;
  readonly current: Issue;
  readonly draft: Draft;
  readonly nameOf: People['nameOf'];
  readonly isBusy: boolean;
  readonly onKeepMine: () => void;
  readonly onTakeTheirs: () => void;
}

export function Conflict({
  base,
  current,
  draft,
  nameOf,
  isBusy,
  onKeepMine,
  onTakeTheirs,
}: ConflictProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    heading.current?.parentElement?.scrollIntoView({ block: 'nearest' });
  }, []);
  const clashes = clashesOf(base, current, draft);
  const others = changedFields(base, current).filter((name) => !clashes.includes(name));
  const who = nameOf(current.updatedById) ?? 'Someone';
  const textOf = (name: FieldName, of: Draft): string => {
    if (name === 'assigneeId') return nameOf(of.assigneeId ?? null) ?? 'Nobody';
    if (name === 'status') return titleOf(of.status ?? 'open');
    const text = of[name] ?? '';
    return text === '' ? '(empty)' : text;
  };

  return (
    <section class="conflict" aria-labelledby="conflict-title">
      <h3 id="conflict-title" ref={heading} tabIndex={-1}>
        {who} saved this issue while you were editing
      </h3>
      <p>
        {clashes.length > 0
          ? 'Your edits are not saved yet. Keep your version, or take theirs?'
          : 'Your edits are not saved yet. They touch other fields: keep both, or drop yours.'}
      </p>
      {clashes.map((name) => (
        <div key={name} class="clash" role="group" aria-label={LABELS[name]}>
          <div>
            <h4>{LABELS[name]}, theirs</h4>
            <p class="clash-text">{textOf(name, current)}</p>
          </div>
          <div>
            <h4>{LABELS[name]}, yours</h4>
            <p class="clash-text">{textOf(name, draft)}</p>
          </div>
        </div>
      ))}
      {others.length > 0 && (
        <ul class="conflict-others" aria-label="Also changed by them">
          {others.map((name) => (
            <li key={name}>
              {LABELS[name]}: <del>{textOf(name, base)}</del> <ins>{textOf(name, current)}</ins>
            </li>
          ))}
        </ul>
      )}
      <div class="dialog-actions">
        <button type="button" class="button" disabled={isBusy} onClick={onTakeTheirs}>
          {clashes.length > 0 ? 'Take theirs' : 'Drop mine'}
        </button>
        <button type="button" class="button button-primary" disabled={isBusy} onClick={onKeepMine}>
          {clashes.length > 0 ? 'Keep mine' : 'Keep both'}
        </button>
      </div>
    </section>
  );
}
