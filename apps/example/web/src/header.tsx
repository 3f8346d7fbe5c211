import type { JSX } from 'preact';
import { PEOPLE, type Person } from './address.js';
import { Avatar } from './avatar.js';
import { type ConnectionStatus, type Project, useConnection } from './jira.js';

interface HeaderProps {
  readonly person: Person;
  readonly projects: readonly Project[];
  readonly project: Project | undefined;
  readonly onPerson: (person: Person) => void;
  readonly onProject: (projectId: number) => void;
}

export function Header({ person, projects, project, onPerson, onProject }: HeaderProps): JSX.Element {
  return (
    <header class="header">
      <h1 class="brand">
        <BoardMark />
        <span class="brand-name">Issues</span>
      </h1>
      <label class="project-picker">
        <span class="visually-hidden">Project</span>
        <select value={project?.id ?? ''} onChange={(event) => onProject(Number(event.currentTarget.value))}>
          {projects.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <ConnectionPill />
      <div class="people" role="group" aria-label="Signed in as">
        {PEOPLE.map((each) => (
          <button
            key={each.username}
            type="button"
            class="person-tab"
            aria-pressed={each.username === person.username}
            onClick={() => onPerson(each)}
          >
            <Avatar name={each.name} />
            <span>{each.name}</span>
          </button>
        ))}
      </div>
    </header>
  );
}

/** Whether what is shown is current. */
function ConnectionPill(): JSX.Element {
  const status = useConnection();
  const { look, words } = wordsOf(status);
  return (
    <p class={`connection connection-${look}`} role="status" title={status.reason?.message}>
      <span class="connection-dot" aria-hidden="true" />
      {words}
    </p>
  );
}

function wordsOf({ state }: ConnectionStatus): { look: 'live' | 'waiting' | 'off'; words: string } {
  switch (state) {
    case 'connected':
      return { look: 'live', words: 'Live' };
    case 'idle':
    case 'connecting':
      return { look: 'waiting', words: 'Connecting…' };
    case 'disconnected':
      return { look: 'off', words: 'Offline, retrying…' };
    case 'refused':
      return { look: 'off', words: 'Refused' };
    case 'closed':
      return { look: 'off', words: 'Closed' };
  }
}

function BoardMark(): JSX.Element {
  return (
    <svg viewBox="0 0 16 16" width="22" height="22" aria-hidden="true">
      <rect width="16" height="16" rx="4" fill="var(--accent)" />
      <path d="M3 3h2.6v10H3zM6.7 3h2.6v6.5H6.7zM10.4 3H13v8h-2.6z" fill="#fff" />
    </svg>
  );
}
