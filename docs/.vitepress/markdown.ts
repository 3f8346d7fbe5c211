// What the site's Markdown does that VitePress's does not: links as GitHub has them, and the names of files above code.

import type { MarkdownRenderer } from 'vitepress';
import { siteLink } from './links.js';

interface Environment {
  /** The page's path from `docs`. */
  readonly relativePath: string;
  /** Its path before rewrites. */
  readonly path: string;
}

export function adaptMarkdown(markdown: MarkdownRenderer, root: string): void {
  const { link_open: openLink, fence: renderFence } = markdown.renderer.rules;
  markdown.renderer.rules.link_open = (tokens, index, options, env: Environment, self) => {
    const token = tokens[index];
    const href = token?.attrGet('href');
    if (token && href) token.attrSet('href', siteLink(env.path.slice(root.length + 1), href));
    return openLink ? openLink(tokens, index, options, env, self) : self.renderToken(tokens, index, options);
  };
  markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
    const file = /(?:^|\s)file=(\S+)/.exec(tokens[index]?.info ?? '')?.[1];
    const code = renderFence?.(tokens, index, options, env, self) ?? '';
    return file === undefined ? code : `<p class="file-name">${markdown.utils.escapeHtml(file)}</p>${code}`;
  };
}
