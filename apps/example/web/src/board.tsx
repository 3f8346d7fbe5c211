// The board of one project: three columns, the filter above them, the dialog over them.

import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { BoardFilter, filterIssues, NO_FILTER } from './board-filter.js';
import { Column } from './column.js';
import { ColumnTabs } from './column-tabs.js';
import { IssueDialog } from './issue-dialog.js';
import { rankAt, STATUSES, titleOf, useIssues } from './issue-list.js';
import { type Issue, type Project, type Status, type User, useLive, WHOLE } from './jira.js';
import { usePeople } from './people.js';
import { useBoardKeys } from './use-board-keys.js';

type Open = { readonly issueId: number } | { readonly newIn: Status };

interface BoardProps {
  readonly project: Project;
  readonly users: readonly User[];
}

export function Board({ project, users }: BoardProps): JSX.Element {
  const people = usePeople(project.id, users);
  const list = useIssues(project.id, people.nameOf);
  const { issues, isLoaded, fresh, unsaved, save } = list;
  const comments = useLive(`comments of ${project.id}`, (jira) =>
    jira.hook('comments').list({ issue__projectId: project.id, ...WHOLE }),
  );
  const [filter, setFilter] = useState(NO_FILTER);
  const [open, setOpen] = useState<Open>();

  const shown = useMemo(() => filterIssues(issues, filter), [issues, filter]);
  const columnOf = (status: Status): readonly Issue[] => shown.filter((issue) => issue.status === status);
  const commentCount = (issueId: number): number =>
    comments.rows.filter((comment) => comment.issueId === issueId).length;

  /** Puts an issue before the card at `index` of a column, itself not counted. */
  const move = (issue: Issue, status: Status, index = 0): void => {
    const others = columnOf(status).filter(({ id }) => id !== issue.id);
    list.move(issue, { status, rank: rankAt(others, Math.min(index, others.length)) });
  };
  const onKeyDown = useBoardKeys(shown, move);

  return (
    <section class="board-page" aria-label={`Board of ${project.name}`}>
      <div class="toolbar">
        <BoardFilter filter={filter} members={people.members} onChange={setFilter} />
        <p class="filter-count" role="status">
          {filter === NO_FILTER ? '' : `${shown.length} of ${issues.length}`}
        </p>
        <button type="button" class="button button-primary" onClick={() => setOpen({ newIn: 'open' })}>
          <span class="button-plus" aria-hidden="true">
            +
          </span>
          <span class="button-words">New issue</span>
        </button>
      </div>
      <ColumnTabs
        counts={STATUSES.map(({ status, title }) => {
          const column = columnOf(status);
          const hasFailed = column.some(({ id }) => unsaved.get(id)?.state === 'failed');
          return { status, title, count: column.length, hasFailed };
        })}
      />
      <p id="board-help" class="key-hint">
        Enter opens the issue. Arrow keys go from card to card; with Shift they move the card.
      </p>
      <div class="board" onKeyDown={onKeyDown} data-loaded={isLoaded}>
        {STATUSES.map(({ status, title }) => (
          <Column
            key={status}
            status={status}
            title={title}
            issues={columnOf(status)}
            isLoaded={isLoaded}
            isFiltered={filter !== NO_FILTER}
            fresh={fresh}
            unsaved={unsaved}
            nameOf={people.nameOf}
            commentCount={commentCount}
            onSeen={list.seen}
            onOpen={(issueId) => setOpen({ issueId })}
            onNew={() => setOpen({ newIn: status })}
            onMove={move}
            onDrop={(id, index) => {
              const issue = issues.find((each) => each.id === id);
              if (issue) move(issue, status, index);
            }}
          />
        ))}
      </div>
      <p class="visually-hidden" aria-live="polite">
        {list.news}
      </p>
      {open && 'issueId' in open && (
        <IssueDialog
          key={open.issueId}
          issue={issues.find(({ id }) => id === open.issueId)}
          people={people}
          save={save}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open && 'newIn' in open && (
        <IssueDialog
          key={`new in ${titleOf(open.newIn)}`}
          create={{ projectId: project.id, status: open.newIn, rank: rankAt(columnOf(open.newIn), 0) }}
          people={people}
          save={save}
          onClose={() => setOpen(undefined)}
        />
      )}
    </section>
  );
}
