import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Avatar } from './avatar.js';
import { STATUSES } from './issue-list.js';
import { type Issue, type Status, useConnection } from './jira.js';
import type { UnsavedMove } from './moves.js';

interface CardProps {
  readonly issue: Issue;
  readonly assignee: string | undefined;
  readonly comments: number;
  readonly isFresh: boolean;
  /** The card's own move, unless the server has it. */
  readonly unsaved: UnsavedMove | undefined;
  readonly isDropTarget: boolean;
  readonly onSeen: (id: number) => void;
  readonly onOpen: (id: number) => void;
  readonly onMove: (issue: Issue, status: Status) => void;
}

export function Card({
  issue,
  assignee,
  comments,
  isFresh,
  unsaved,
  isDropTarget,
  onSeen,
  onOpen,
  onMove,
}: CardProps): JSX.Element {
  const [isDragged, setDragged] = useState(false);
  const classes = [
    'card',
    isFresh && 'is-fresh',
    unsaved && `is-${unsaved.state}`,
    isDragged && 'is-dragged',
    isDropTarget && 'is-drop-target',
  ];

  const onDragStart = (event: DragEvent): void => {
    event.dataTransfer?.setData('text/plain', String(issue.id));
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move';
    setDragged(true);
  };

  return (
    <li
      class={classes.filter(Boolean).join(' ')}
      data-issue={issue.id}
      draggable
      onDragStart={onDragStart}
      onDragEnd={() => setDragged(false)}
      onAnimationEnd={() => onSeen(issue.id)}
    >
      {/* No real button: Firefox would not start a drag on it. */}
      <div
        role="button"
        tabIndex={0}
        class="card-title"
        aria-describedby="board-help"
        onClick={() => onOpen(issue.id)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          onOpen(issue.id);
        }}
      >
        {issue.title}
      </div>
      <div class="card-foot">
        <span class="card-number">#{issue.id}</span>
        {comments > 0 && (
          <span class="card-comments">
            <CommentMark />
            {comments}
            <span class="visually-hidden">{comments === 1 ? ' comment' : ' comments'}</span>
          </span>
        )}
        <MoveMenu issue={issue} onMove={onMove} />
        <span class="card-assignee" title={assignee ?? 'Assigned to nobody'}>
          <Avatar name={assignee} />
          <span class="visually-hidden">{assignee ? `Assigned to ${assignee}` : 'Assigned to nobody'}</span>
        </span>
      </div>
      {unsaved && <UnsavedNote move={unsaved} />}
    </li>
  );
}

/** That the server does not have the move yet, or did not get it, and what one can do about it. */
function UnsavedNote({ move: { state, reason, retry, undo } }: { readonly move: UnsavedMove }): JSX.Element {
  const connection = useConnection();
  const words = connection.state === 'connected' ? 'Saving…' : 'Offline. Not saved yet.';
  return (
    <div class={`unsaved unsaved-${state}`}>
      <span role="status">{state === 'pending' ? words : <span title={reason}>Not saved.</span>}</span>
      {state === 'failed' && (
        <button type="button" class="unsaved-button" onClick={retry}>
          Try again
        </button>
      )}
      <button type="button" class="unsaved-button" onClick={undo}>
        Undo
      </button>
    </div>
  );
}

/** The way to another column for fingers and screen readers. */
function MoveMenu({ issue, onMove }: Pick<CardProps, 'issue' | 'onMove'>): JSX.Element {
  return (
    <select
      class="move-menu"
      aria-label={`Move “${issue.title}”`}
      value={issue.status}
      onChange={(event) => onMove(issue, event.currentTarget.value as Status)}
    >
      {STATUSES.map(({ status, title }) => (
        <option key={status} value={status}>
          {title}
        </option>
      ))}
    </select>
  );
}

function CommentMark(): JSX.Element {
  return (
    <svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
      <path
        d="M3 2.5h10A1.5 1.5 0 0 1 14.5 4v6a1.5 1.5 0 0 1-1.5 1.5H8L4.5 14v-2.5H3A1.5 1.5 0 0 1 1.5 10V4A1.5 1.5 0 0 1 3 2.5z"
        fill="none"
        stroke="currentColor"
        stroke-width="1.4"
      />
    </svg>
  );
}
