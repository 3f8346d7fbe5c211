// Applies the library's options to the Socket.IO server, or refuses a server that was created with others.

import { inspect, isDeepStrictEqual } from 'node:util';
import type { Namespace, ServerOptions } from 'socket.io';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { boundFrames } from './engine-io-internals.js';
import { givenOptions } from './socket-io-internals.js';
import type { OtherGateway } from './other-gateways.js';

/** Options of the Socket.IO server. Set `limits.frameBytes` instead of `maxHttpBufferSize`. */
export interface SocketIoOptions extends Partial<Omit<ServerOptions, 'maxHttpBufferSize'>> {
  /** Port of a separate server. @default the application's HTTP server */
  readonly port?: number;
  /** Socket.IO namespace of the hooks. @default the root namespace */
  readonly namespace?: string;
}

export interface WantedServerOptions extends SocketIoOptions {
  readonly maxHttpBufferSize: number;
}

/** Injection token of the resolved Socket.IO options, `maxHttpBufferSize` included. */
export const SOCKET_IO_OPTIONS = Symbol('jira socket.io options');
/** Token of the names of the options that the application set. */
export const SOCKET_IO_CHOSEN = Symbol('jira chosen socket.io options');

/** Returns a function that tells whether Engine.IO serves a URL: one that begins with its path, trailing slash included. */
export function urlsOf({ path = '/socket.io', addTrailingSlash = true }: SocketIoOptions): (url: string) => boolean {
  const own = path.replace(/\/$/, '') + (addTrailingSlash ? '/' : '');
  return (url) => url.startsWith(own);
}

/** These options choose the server; the others configure it. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['port', 'namespace', 'path']);

/**
 * The first gateway on a port and path creates the server, and Nest silently ignores the options of the others. Throws
 * if the library's options would be lost that way. A frame size that nobody chose is changed on the server instead.
 *
 * @param chosen names of the options that the application set; options that the library adds are not compared
 * @throws ConfigurationError that names the other gateway
 */
export function claimOptions(
  { server }: Namespace,
  wanted: WantedServerOptions,
  chosen: readonly string[],
  maker: OtherGateway | undefined,
): void {
  // The options as they were given; Engine.IO completes its own copy.
  const given = givenOptions(server);
  const effective = server.engine.opts as unknown as Record<string, unknown>;
  const by = maker?.name ?? "the app's WebSocket adapter";
  for (const key of new Set(['maxHttpBufferSize', ...chosen])) {
    const value = (wanted as unknown as Record<string, unknown>)[key];
    const actual = Object.hasOwn(given, key) ? given[key] : effective[key];
    if (NOT_COMPARED.has(key) || value === undefined || isDeepStrictEqual(actual, value)) continue;
    const isNobodysChoice = key === 'maxHttpBufferSize' && maker && maker.options[key] === undefined;
    if (isNobodysChoice && boundFrames(server, wanted.maxHttpBufferSize)) continue;
    throw new ConfigurationError(
      'JiraModule',
      `sets the Socket.IO option ${key} = ${shown(value)}, but ${by} created the server with ${shown(actual)}.`,
      'Give both the same options, or set forRoot({ socketIo: { path: "/jira.io" } }) for a server of its own.',
    );
  }
  if (given['connectionStateRecovery'] !== undefined)
    throw new ConfigurationError(
      'JiraModule',
      `shares its Socket.IO server with ${by}, which has connectionStateRecovery: recovered clients are not authenticated.`,
      'Remove that option, or set forRoot({ socketIo: { path: "/jira.io" } }) for a server of its own.',
    );
}

/** @throws ConfigurationError if an option cannot work with this library */
export function checkSocketIoOptions({ connectionStateRecovery }: SocketIoOptions): void {
  if (connectionStateRecovery !== undefined)
    throw new ConfigurationError(
      'JiraModule',
      'has the Socket.IO option "connectionStateRecovery", which lets clients back in without authentication, into rooms they may have lost.',
      'Remove it: clients subscribe again by themselves and are told what they missed. If a gateway of your own needs it, give that gateway another "path".',
    );
}

function shown(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity });
}
