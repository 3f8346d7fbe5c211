// The options of the explorer: a page for people, and the API document it reads.

import type { IncomingMessage } from 'node:http';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import type { DocumentInfo } from '../../document/api-document.js';

export interface ExplorerOptions {
  /** URL of the page; the document is at `<path>/asyncapi.json`. A global prefix is not added. @default '/explorer' */
  readonly path?: string;
  /** Whether it is served with `NODE_ENV=production` as well. @default false */
  readonly inProduction?: boolean;
  /**
   * Decides by the HTTP request who gets the page and the document; all others are answered 401, and browsers ask for a name
   * and a password. What callers may do over the socket does not depend on it. @default everyone
   */
  readonly guard?: (this: void, request: IncomingMessage) => boolean | Promise<boolean>;
  /** What the document says of the API as a whole. */
  readonly info?: DocumentInfo;
}

export type ResolvedExplorer = Required<Pick<ExplorerOptions, 'path'>> & Pick<ExplorerOptions, 'guard' | 'info'>;

/** Throws a ConfigurationError for a path that is none. */
export function resolveExplorerOptions(given: boolean | ExplorerOptions | undefined): ResolvedExplorer | undefined {
  const { path = '/explorer', inProduction = false, guard, info } = typeof given === 'object' ? given : {};
  if (!/^\/[\w\-./]*[\w\-.]$/.test(path))
    throw new ConfigurationError('JiraModule', `has the option explorer.path = "${path}".`, 'Begin it with "/", and end it without one: "/explorer".'); // prettier-ignore
  const isOff = !given || (process.env['NODE_ENV'] === 'production' && !inProduction);
  return isOff ? undefined : { path, ...(guard && { guard }), ...(info && { info }) };
}
