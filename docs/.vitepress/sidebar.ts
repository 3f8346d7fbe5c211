// The order in which a newcomer reads.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';

type Item = DefaultTheme.SidebarItem;

const DOCS = join(import.meta.dirname, '..');

const ITEMS: Item[] = [
  { text: 'Getting started', link: '/getting-started' },
  { text: 'Tutorial', link: '/tutorial' },
  group('Concepts', [
    ['Hooks', '/concepts/hooks'],
    ['Visibility', '/concepts/visibility'],
    ['Observers', '/concepts/observers'],
    ['Live lists', '/concepts/live-lists'],
    ['Resuming', '/concepts/resuming'],
    ['Glossary', '/glossary'],
  ]),
  {
    text: 'Guides',
    items: [
      group('Callers and rights', [
        ['Set up the module', '/setup'],
        ['Passport and JWT', '/jwt'],
        ['Permissions', '/permissions'],
        ['Authorization', '/authorization'],
        ['Roles', '/roles'],
        ['Several tenants', '/multi-tenant'],
        ['Files elsewhere', '/files'],
        ['Limits and abuse', '/security'],
      ]),
      group('Rows and actions', [
        ['Hooks and actions', '/hooks'],
        ['Filters and visibility', '/filtering'],
        ['Pagination', '/pagination'],
        ['Related rows', '/relations'],
        ['Validation', '/validation'],
        ['Transactions', '/transactions'],
        ['Middleware', '/middleware'],
      ]),
      group('Changes and messages', [
        ['Live lists', '/live-lists'],
        ['Observers', '/observers'],
        ['Resuming', '/resuming'],
        ['Events', '/events'],
        ['Lifecycle events', '/lifecycle'],
        ['Who is online', '/connections'],
        ['Broadcast rooms', '/broadcast'],
        ['Publish and subscribe', '/pubsub'],
        ['Messages that wait', '/queue'],
      ]),
      group('Transports and tools', [
        ['Routes', '/routes'],
        ['Plain WebSockets', '/plain-websocket'],
        ['The API document', '/asyncapi'],
        ['The explorer', '/explorer'],
        ['Testing', '/testing'],
      ]),
    ],
    collapsed: false,
  },
  { text: 'Recipes', link: '/recipes/' },
  group('Client', [
    ['The client', '/client'],
    ['Types', '/typescript'],
    ['React', '/react'],
    ['TanStack DB', '/tanstack-db'],
    ['Other languages', '/languages'],
    ['Offline', '/offline'],
    ['States', '/client-states'],
  ]),
  group('Reference', [
    ['Every exported name', '/api'],
    ['Generated reference', '/reference/'],
    ...modulesOfReference(),
  ]),
  { text: 'Protocol', link: '/protocol' },
  group('Operating', [
    ['Deploy', '/deploy'],
    ['Operate', '/operating'],
    ['Databases', '/databases'],
    ['PostgreSQL', '/postgresql'],
    ['Upgrade', '/upgrading'],
    ['Versions', '/versions'],
  ]),
  group('Coming from', [
    ['A gateway of your own', '/coming-from/gateway'],
    ['Directus', '/coming-from/directus'],
    ['Feathers', '/coming-from/feathers'],
    ['PocketBase', '/coming-from/pocketbase'],
    ['Supabase', '/coming-from/supabase'],
    ['djira and others', '/coming-from'],
    ['Ten complaints', '/comparison/'],
    ['Table of features', '/parity'],
  ]),
  { text: 'FAQ', link: '/faq' },
  { text: 'Errors', link: '/errors' },
  group('Working on it', [
    ['Architecture', '/architecture'],
    ['Contributing', '/contributing'],
  ]),
];

export const SIDEBAR = ITEMS.filter(
  ({ link, items }) => (items?.length ?? 0) > 0 || (link !== undefined && isThere(link)),
);

function group(text: string, pages: readonly (readonly [string, string])[]): Item {
  const items = pages.filter(([, link]) => isThere(link)).map(([name, link]) => ({ text: name, link }));
  return { text, items, collapsed: true };
}

export function isThere(link: string): boolean {
  return ['.md', 'README.md', 'index.md'].some((end) => existsSync(join(DOCS, `${link}${end}`)));
}

/** `nestjs-jira-client/react` and its like, as TypeDoc wrote them. */
function modulesOfReference(): (readonly [string, string])[] {
  const index = join(DOCS, 'reference/index.md');
  if (!existsSync(index)) return [];
  const links = readFileSync(index, 'utf8').matchAll(/^- \[(.+?)\]\((.+?)index\.md\)/gm);
  return [...links].map(([, name = '', path = '']) => [name, `/reference/${path}`] as const);
}

/** Pages that no entry of the sidebar leads to: `npm run docs:build` fails if there are any. */
export function unlisted(): string[] {
  const listed = new Set(linksOf(SIDEBAR));
  return readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.endsWith('README.md') && !file.startsWith('reference'))
    .map((file) => `/${file.slice(0, -3)}`)
    .filter((page) => !listed.has(page));
}

function linksOf(items: readonly Item[]): string[] {
  return items.flatMap(({ link, items: inner = [] }) => [...(link === undefined ? [] : [link]), ...linksOf(inner)]);
}
