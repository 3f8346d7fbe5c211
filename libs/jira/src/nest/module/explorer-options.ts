// The options of the explorer: a page for people, and the API document that it reads.

import type { IncomingMessage } from 'node:http';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import type { DocumentInfo } from '../../document/api-document.js';

/** Options of the explorer. */
export interface ExplorerOptions {
  /** URL of the page. The document is at `<path>/asyncapi.json`. A global prefix is not added. @default '/explorer' */
  readonly path?: string;
  /** Whether to serve it in production, too: with `NODE_ENV=production`. @default false */
  readonly inProduction?: boolean;
  /**
   * Returns whether an HTTP request may get the page and the document. If not, the answer is 401, and browsers ask for a name
   * and a password. The guard does not decide what callers may do over the socket.
   *
   * @default everyone
   */
  readonly guard?: (this: void, request: IncomingMessage) => boolean | Promise<boolean>;
  /** Title, version and description of the document. */
  readonly info?: DocumentInfo;
}

export type ResolvedExplorer = Required<Pick<ExplorerOptions, 'path'>> & Pick<ExplorerOptions, 'guard' | 'info'>;

/**
 * Returns `undefined` if the explorer is off.
 *
 * @throws ConfigurationError if the path is invalid
 */
export function resolveExplorerOptions(given: boolean | ExplorerOptions | undefined): ResolvedExplorer | undefined {
  const { path = '/explorer', inProduction = false, guard, info } = typeof given === 'object' ? given : {};
  if (!/^\/[\w\-./]*[\w\-.]$/.test(path))
    throw new ConfigurationError('JiraModule', `has the option explorer.path = "${path}".`, 'Begin it with "/", and end it without one: "/explorer".'); // prettier-ignore
  const isOff = !given || (process.env['NODE_ENV'] === 'production' && !inProduction);
  return isOff ? undefined : { path, ...(guard && { guard }), ...(info && { info }) };
}
