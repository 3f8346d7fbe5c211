// Who works on a project: the users that its memberships name.

import { useMemo } from 'preact/hooks';
import { useLive, WHOLE, type User } from './jira.js';

export interface People {
  /** Who may be given an issue of the project. */
  readonly members: readonly User[];
  /** The name of anybody one may see; undefined for nobody. */
  readonly nameOf: (id: number | null) => string | undefined;
}

export function usePeople(projectId: number): People {
  const users = useLive('users', (jira) => jira.hook('users').list(WHOLE));
  const memberships = useLive(`members of ${projectId}`, (jira) =>
    jira.hook('memberships').list({ projectId, ...WHOLE }),
  );
  return useMemo(() => {
    const memberIds = new Set(memberships.rows.map(({ userId }) => userId));
    const names = new Map(users.rows.map(({ id, name }) => [id, name]));
    return {
      members: users.rows.filter(({ id }) => memberIds.has(id)),
      nameOf: (id) => (id === null ? undefined : (names.get(id) ?? 'Someone')),
    };
  }, [users.rows, memberships.rows]);
}
