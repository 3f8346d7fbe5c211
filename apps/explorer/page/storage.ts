// What this browser remembers: credentials for this tab only, the theme and the last calls for longer.

import type { Credentials, Request } from './session';

export interface PastCall extends Request {
  readonly at: string;
  readonly status: number;
}

const CREDENTIALS = 'jira.explorer.credentials';
const HISTORY = 'jira.explorer.history';
const THEME = 'jira.explorer.theme';
const MAX_CALLS = 30;

export type Theme = 'light' | 'dark';

export function readCredentials(): Credentials {
  return (read(sessionStorage, CREDENTIALS) as Credentials | null) ?? { token: '', auth: '', path: '' };
}

export function keepCredentials(credentials: Credentials): void {
  sessionStorage.setItem(CREDENTIALS, JSON.stringify(credentials));
}

export function readHistory(): readonly PastCall[] {
  return (read(localStorage, HISTORY) as PastCall[] | null) ?? [];
}

export function keepCall(call: PastCall): readonly PastCall[] {
  const calls = [call, ...readHistory()].slice(0, MAX_CALLS);
  localStorage.setItem(HISTORY, JSON.stringify(calls));
  return calls;
}

export function readTheme(): Theme {
  const kept = localStorage.getItem(THEME);
  if (kept === 'light' || kept === 'dark') return kept;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
  localStorage.setItem(THEME, theme);
}

function read(storage: Storage, key: string): unknown {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}
