// What the site's Markdown adds to VitePress's: links as GitHub has them, names of files above code, no empty headers.

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
  // A column without a name has no header: a screen reader would announce an empty one.
  markdown.core.ruler.push('empty-headers', ({ tokens }) => {
    for (const [index, token] of tokens.entries())
      if (token.type === 'th_open' && tokens[index + 1]?.content === '')
        for (const part of [token, tokens[index + 2]]) if (part) part.tag = 'td';
  });
  markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
    const file = /(?:^|\s)file=(\S+)/.exec(tokens[index]?.info ?? '')?.[1];
    const code = renderFence?.(tokens, index, options, env, self) ?? '';
    return file === undefined ? code : `<p class="file-name">${markdown.utils.escapeHtml(file)}</p>${code}`;
  };
}
