// The options of the explorer: a page for people, and the API document that it reads.

import type { IncomingMessage } from 'node:http';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import type { DocumentInfo } from '../../document/api-document.js';

/** Options of the explorer. */
export interface ExplorerOptions {
  /** URL of the page. The document is at `<path>/asyncapi.json`. A global prefix is not added. @default '/explorer' */
  readonly path?: string;
  /** Whether to serve it with `NODE_ENV=production`, too. @default false */
  readonly inProduction?: boolean;
  /**
   * Decides who gets the page and the document, by the HTTP request. All others get 401, and browsers ask for a name and a
   * password. It does not decide what callers may do over the socket.
   *
   * @default everyone
   */
  readonly guard?: (this: void, request: IncomingMessage) => boolean | Promise<boolean>;
  /** What the document says about the API as a whole. */
  readonly info?: DocumentInfo;
}

export type ResolvedExplorer = Required<Pick<ExplorerOptions, 'path'>> & Pick<ExplorerOptions, 'guard' | 'info'>;

/** Returns `undefined` if the explorer is off. Throws a ConfigurationError for an invalid path. */
export function resolveExplorerOptions(given: boolean | ExplorerOptions | undefined): ResolvedExplorer | undefined {
  const { path = '/explorer', inProduction = false, guard, info } = typeof given === 'object' ? given : {};
  if (!/^\/[\w\-./]*[\w\-.]$/.test(path))
    throw new ConfigurationError('JiraModule', `has the option explorer.path = "${path}".`, 'Begin it with "/", and end it without one: "/explorer".'); // prettier-ignore
  const isOff = !given || (process.env['NODE_ENV'] === 'production' && !inProduction);
  return isOff ? undefined : { path, ...(guard && { guard }), ...(info && { info }) };
}
