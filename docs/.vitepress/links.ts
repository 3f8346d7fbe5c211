// Links in the guides are written for GitHub. Here they become links of the site.

import { posix } from 'node:path';

/** The pages that exist here under another path than on GitHub. */
export const REWRITES: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'comparison/README.md': 'comparison/index.md',
  'recipes/README.md': 'recipes/index.md',
  'concepts/README.md': 'concepts/index.md',
};

const REPOSITORY = 'https://github.com/nestjs-jira/nestjs-jira';

/**
 * Where a link of a page leads, from that page: files outside of `docs` are shown by the repository, folders too.
 *
 * @param page its path from `docs`, such as `recipes/README.md`
 */
export function siteLink(page: string, link: string): string {
  if (/^([a-z]+:|#|\/)/.test(link)) return link;
  const [path = '', anchor] = link.split('#', 2);
  const target = posix.normalize(posix.join('docs', posix.dirname(page), path));
  const isPage = target.startsWith('docs/') && target.endsWith('.md');
  if (isPage) return link;
  const kind = posix.extname(target) === '' && posix.basename(target) !== 'LICENSE' ? 'tree' : 'blob';
  if (/\.(png|svg)$/.test(target)) return link;
  return `${REPOSITORY}/${kind}/main/${target}${anchor === undefined ? '' : `#${anchor}`}`;
}

/** The anchor that GitHub makes of a heading. The guides' links use these. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
