// What a signed-in person sees: the header, and the board of one project.

import type { JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import type { Address, Person } from './address.js';
import { Board } from './board.js';
import { Header } from './header.js';
import { useConnection, useLive, WHOLE } from './jira.js';
import { FramesDrawer } from './frames-drawer.js';
import { ReportContext, wordsOf } from './notices.js';
import { useUsers } from './people.js';

interface WorkspaceProps {
  readonly person: Person;
  readonly address: Address;
  readonly go: (part: Partial<Address>) => void;
}

interface Notice {
  readonly id: number;
  readonly text: string;
}

export function Workspace({ person, address, go }: WorkspaceProps): JSX.Element {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const report = useCallback((what: string, error: unknown) => {
    setNotices((all) => [...all.slice(-2), { id: Date.now(), text: `${what} ${wordsOf(error)}` }]);
  }, []);
  const connection = useConnection();
  const projects = useLive('projects', (jira) => jira.hook('projects').list(WHOLE));
  const users = useUsers();
  const project = projects.rows.find(({ id }) => id === address.projectId) ?? projects.rows[0];

  return (
    <ReportContext.Provider value={report}>
      <Header
        person={person}
        users={users}
        projects={projects.rows}
        project={project}
        onSwitch={() => go({ person: undefined })}
        onProject={(projectId) => go({ projectId })}
      />
      <main>
        {project && <Board key={project.id} project={project} users={users} />}
        {!project && connection.state === 'refused' && (
          <div class="empty-page" role="alert">
            <p>
              The server does not let {person.name} in: {connection.reason?.message}
            </p>
            <button type="button" class="button" onClick={() => go({ person: undefined })}>
              Sign in as somebody else
            </button>
          </div>
        )}
        {!project && projects.isLoaded && !projects.error && (
          <p class="empty-page">You are a member of no project yet.</p>
        )}
        {!project && !projects.isLoaded && connection.state !== 'refused' && <p class="empty-page">Loading…</p>}
      </main>
      <FramesDrawer />
      <div class="notices" role="alert">
        {notices.map(({ id, text }) => (
          <p key={id} class="notice">
            {text}
            <button
              type="button"
              class="icon-button"
              aria-label="Dismiss"
              onClick={() => setNotices((all) => all.filter((notice) => notice.id !== id))}
            >
              ✕
            </button>
          </p>
        ))}
      </div>
    </ReportContext.Provider>
  );
}
