import type { JSX } from 'preact';
import type { Issue, User } from './jira.js';

export interface Filter {
  readonly text: string;
  /** A user's id, `none` for issues of nobody, `` for all. */
  readonly assignee: string;
}

export const NO_FILTER: Filter = { text: '', assignee: '' };

/** The issues that hold every word of the text, in any order, and belong to the assignee. */
export function filterIssues(issues: readonly Issue[], { text, assignee }: Filter): readonly Issue[] {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && assignee === '') return issues;
  return issues.filter((issue) => {
    const content = `#${issue.id} ${issue.title} ${issue.description}`.toLocaleLowerCase();
    const isTheirs = assignee === '' || String(issue.assigneeId ?? 'none') === assignee;
    return isTheirs && words.every((word) => content.includes(word));
  });
}

interface BoardFilterProps {
  readonly filter: Filter;
  readonly members: readonly User[];
  readonly onChange: (filter: Filter) => void;
}

export function BoardFilter({ filter, members, onChange }: BoardFilterProps): JSX.Element {
  const change = (part: Partial<Filter>): void => {
    const { text, assignee } = { ...filter, ...part };
    onChange(text.trim() === '' && assignee === '' ? NO_FILTER : { text, assignee });
  };
  return (
    <search class="filter">
      <input
        type="search"
        class="input"
        placeholder="Filter issues"
        aria-label="Filter by text"
        value={filter.text}
        onInput={(event) => change({ text: event.currentTarget.value })}
      />
      <select
        class="input"
        aria-label="Filter by assignee"
        value={filter.assignee}
        onChange={(event) => change({ assignee: event.currentTarget.value })}
      >
        <option value="">Everybody</option>
        {members.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        <option value="none">Nobody</option>
      </select>
    </search>
  );
}
