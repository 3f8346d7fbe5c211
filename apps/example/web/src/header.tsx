import type { JSX } from 'preact';
import { hrefOf, PEOPLE, type Person } from './address.js';
import { Avatar } from './avatar.js';
import { type ConnectionStatus, type Project, type User, useConnection } from './jira.js';
import { useOnline } from './people.js';

interface HeaderProps {
  readonly person: Person;
  readonly users: readonly User[];
  readonly projects: readonly Project[];
  readonly project: Project | undefined;
  readonly onSwitch: () => void;
  readonly onProject: (projectId: number) => void;
}

export function Header({ person, users, projects, project, onSwitch, onProject }: HeaderProps): JSX.Element {
  const name = users.find(({ username }) => username === person.username)?.name ?? person.name;
  return (
    <header class="header">
      <h1 class="brand">
        <BoardMark />
        <span class="brand-name">Issues</span>
      </h1>
      <label class="project-picker">
        <span class="visually-hidden">Project</span>
        <select value={project?.id ?? ''} onChange={(event) => onProject(Number(event.currentTarget.value))}>
          {projects.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      </label>
      <ConnectionPill />
      <Mates users={users.filter(({ username }) => username !== person.username)} />
      <button type="button" class="me" title="Switch user" onClick={onSwitch}>
        <Avatar name={name} />
        <span class="visually-hidden">Signed in as</span>
        <span class="me-name">{name}</span>
        <span class="visually-hidden">: switch user</span>
      </button>
      {PEOPLE.filter(({ username }) => username !== person.username).map((other) => (
        <OpenAs key={other.username} person={other} projectId={project?.id} />
      ))}
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

/** Who else there is, and who of them is here. */
function Mates({ users }: { readonly users: readonly User[] }): JSX.Element {
  const online = useOnline();
  return (
    <ul class="mates" aria-label="People">
      {users.map(({ id, name }) => {
        const isHere = online.has(id);
        return (
          <li key={id} class={isHere ? 'mate is-here' : 'mate'} title={`${name} is ${isHere ? 'online' : 'away'}`}>
            <Avatar name={name} />
            <span class="mate-name">{name}</span>
            <span class="mate-state">{isHere ? 'online' : 'away'}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** A second window as another user: the half of the demo that one window cannot show. */
function OpenAs({
  person,
  projectId,
}: {
  readonly person: Person;
  readonly projectId: number | undefined;
}): JSX.Element {
  const name = `as-${person.username}`;
  return (
    <a
      class="button open-as"
      href={hrefOf({ person, projectId })}
      target={name}
      onClick={(event) => {
        // Beside this window, so that both can be seen; where no window opens, the link opens a tab.
        const { availWidth, availHeight } = screen;
        const width = Math.max(480, Math.floor(availWidth / 2));
        const size = `popup,width=${width},height=${availHeight},left=${availWidth - width},top=0`;
        if (innerWidth >= 760 && open(event.currentTarget.href, name, size)) event.preventDefault();
      }}
    >
      <span class="open-as-words">Open as </span>
      {person.name}
      <svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
        <path
          d="M9.5 2.5h4v4M13.2 2.8 7.5 8.5M6.5 3.5h-4v10h10v-4"
          fill="none"
          stroke="currentColor"
          stroke-width="1.5"
        />
      </svg>
      <span class="visually-hidden"> in a new window</span>
    </a>
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
