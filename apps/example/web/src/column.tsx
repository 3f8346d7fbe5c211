import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Card } from './card.js';
import type { Issue, Status } from './jira.js';
import type { Moves } from './moves.js';

interface ColumnProps {
  readonly status: Status;
  readonly title: string;
  readonly issues: readonly Issue[];
  readonly isLoaded: boolean;
  readonly isFiltered: boolean;
  readonly fresh: ReadonlySet<number>;
  readonly unsaved: Moves['unsaved'];
  readonly nameOf: (id: number | null) => string | undefined;
  readonly commentCount: (issueId: number) => number;
  readonly onSeen: (id: number) => void;
  readonly onOpen: (id: number) => void;
  readonly onNew: () => void;
  readonly onMove: (issue: Issue, status: Status) => void;
  /** A card was dropped before the card at `index`, itself not counted. */
  readonly onDrop: (id: number, index: number) => void;
}

export function Column(props: ColumnProps): JSX.Element {
  const { status, title, issues, isLoaded, isFiltered, onDrop } = props;
  const list = useRef<HTMLUListElement>(null);
  const [dropAt, setDropAt] = useState<number>();
  const headingId = `column-${status}`;

  const onDragOver = (event: DragEvent): void => {
    event.preventDefault();
    setDropAt(indexAt(list.current, event.clientY));
  };
  const onDragLeave = (event: DragEvent): void => {
    const { currentTarget, relatedTarget } = event;
    if (!(currentTarget as Node).contains(relatedTarget as Node | null)) setDropAt(undefined);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setDropAt(undefined);
    const id = Number(event.dataTransfer?.getData('text/plain'));
    if (id > 0) onDrop(id, indexAt(list.current, event.clientY));
  };

  return (
    <section
      class="column"
      data-status={status}
      aria-labelledby={headingId}
      onDragOver={onDragOver}
      onDragLeave={onDragLeave}
      onDrop={drop}
    >
      <header class="column-head">
        <h2 id={headingId}>
          <span class="status-dot" aria-hidden="true" />
          {title} <span class="count">{issues.length}</span>
        </h2>
        <button type="button" class="icon-button" aria-label={`New issue in ${title}`} onClick={props.onNew}>
          +
        </button>
      </header>
      <ul class="cards" ref={list}>
        {issues.map((issue, index) => (
          <Card
            key={issue.id}
            issue={issue}
            assignee={props.nameOf(issue.assigneeId)}
            comments={props.commentCount(issue.id)}
            isFresh={props.fresh.has(issue.id)}
            unsaved={props.unsaved.get(issue.id)}
            isDropTarget={dropAt === index}
            onSeen={props.onSeen}
            onOpen={props.onOpen}
            onMove={props.onMove}
          />
        ))}
        {dropAt !== undefined && dropAt >= issues.length && <li class="drop-end" aria-hidden="true" />}
      </ul>
      {issues.length === 0 && dropAt === undefined && (
        <p class="empty">{isLoaded ? (isFiltered ? 'Nothing matches the filter.' : 'Nothing here.') : 'Loading…'}</p>
      )}
    </section>
  );
}

/** Before which card, of those that are not being dragged, the pointer is. */
function indexAt(list: HTMLElement | null, y: number): number {
  const cards = [...(list?.querySelectorAll<HTMLElement>('.card:not(.is-dragged)') ?? [])];
  const index = cards.findIndex((card) => {
    const { top, height } = card.getBoundingClientRect();
    return y < top + height / 2;
  });
  return index < 0 ? cards.length : index;
}
