// Who works on a project, and who is here: the users that memberships name, and those who have a window open.

import { useMemo } from 'preact/hooks';
import type { OnlineView } from '../../src/presence/online.view.js';
import { useLive, WHOLE, type User } from './jira.js';

export interface People {
  /** Who may be given an issue of the project. */
  readonly members: readonly User[];
  /** The name of anybody one may see; undefined for nobody. */
  readonly nameOf: (id: number | null) => string | undefined;
}

/** Everybody one shares a project with, oneself included. */
export function useUsers(): readonly User[] {
  return useLive('users', (jira) => jira.hook('users').list(WHOLE)).rows;
}

export function usePeople(projectId: number, users: readonly User[]): People {
  const memberships = useLive(`members of ${projectId}`, (jira) =>
    jira.hook('memberships').list({ projectId, ...WHOLE }),
  );
  return useMemo(() => {
    const memberIds = new Set(memberships.rows.map(({ userId }) => userId));
    const names = new Map(users.map(({ id, name }) => [id, name]));
    return {
      members: users.filter(({ id }) => memberIds.has(id)),
      nameOf: (id) => (id === null ? undefined : (names.get(id) ?? 'Someone')),
    };
  }, [users, memberships.rows]);
}

/** Ids of the users who have a window open, in any process of the server. */
export function useOnline(): ReadonlySet<number> {
  const { rows } = useLive('presence', (jira) => jira.hook('presence').list(WHOLE));
  return useMemo(() => new Set((rows as readonly OnlineView[]).map(({ id }) => Number(id))), [rows]);
}
