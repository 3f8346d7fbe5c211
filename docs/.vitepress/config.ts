// The site: `npm run docs` serves it, `npm run docs:build` builds it. Its pages are the Markdown of this folder.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { REWRITES, anchorOf } from './links.js';
import { adaptMarkdown } from './markdown.js';
import { SIDEBAR, isThere, unlisted } from './sidebar.js';

const DOCS = join(import.meta.dirname, '..');
const REPOSITORY = 'https://github.com/nestjs-jira/nestjs-jira';

const missing = unlisted();
if (missing.length > 0) throw new Error(`The sidebar does not list ${missing.join(', ')}.`);

export default defineConfig({
  title: 'nestjs-jira',
  description: 'Live, model-backed WebSocket APIs for NestJS',
  lang: 'en',
  cleanUrls: true,
  ignoreDeadLinks: 'localhostLinks', // of the reader's own server; any other dead link fails the build
  rewrites: { ...REWRITES },
  head: [
    ['meta', { name: 'theme-color', content: '#3158d8' }],
    ['link', { rel: 'icon', href: '/logo.svg', type: 'image/svg+xml' }],
  ],
  vite: { resolve: { alias: [{ find: /^.*\/VPSidebarItem\.vue$/, replacement: themeFile('SidebarItem.vue') }] } },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-default' }, // the plain light one is too pale to read
    anchor: { slugify: anchorOf },
    config: (markdown) => adaptMarkdown(markdown, DOCS),
  },
  transformPageData(page) {
    // The index of the guides is the site's first page.
    if (page.relativePath === 'index.md') Object.assign(page.frontmatter, HOME);
  },
  themeConfig: {
    logo: '/logo.svg',
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Concepts', link: '/concepts/' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'Client', link: '/client' },
      { text: 'Reference', link: '/reference/' },
    ].filter(({ link }) => isThere(link)),
    sidebar: SIDEBAR,
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    editLink: { pattern: `${REPOSITORY}/edit/main/docs/:path`, text: 'Edit this page' },
    externalLinkIcon: true,
  },
});

function themeFile(name: string): string {
  return fileURLToPath(new URL(`theme/${name}`, import.meta.url));
}

const HOME = {
  layout: 'home-page',
  sidebar: false,
  aside: false,
  hero: {
    name: 'nestjs-jira',
    text: 'Live WebSocket APIs from your TypeORM entities',
    tagline: 'Write one class per entity. Clients read, write and watch the rows they may see.',
    actions: [
      { theme: 'brand', text: 'Get started', link: '/getting-started' },
      { theme: 'alt', text: 'Tutorial', link: '/tutorial' },
    ],
  },
  features: [
    {
      title: 'Nothing uncommitted, nothing missed',
      details: 'Subscribers hear of each row after its commit. Bulk updates, cascades and upserts count.',
      link: '/concepts/observers',
      linkText: 'Observers',
    },
    {
      title: 'One rule for reads and events',
      details: 'You write visibility() once. Lists, counts, relations, deletes and events obey it.',
      link: '/concepts/visibility',
      linkText: 'Visibility',
    },
    {
      title: 'Back after a break',
      details: 'A client that reconnects gets the changes it missed, or is told to refetch. Never a part.',
      link: '/concepts/resuming',
      linkText: 'Resuming',
    },
  ],
};
