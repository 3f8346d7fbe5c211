// The names of options: one that is not among them would be ignored in silence.

import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { meant } from '../../core/support/nearest-name.js';
import { ALL_FAST_PATHS } from '../../core/scope/fast-paths.js';
import type { PlainWebSocketOptions } from '../../transport/plain/plain-options.js';
import type { SocketIoOptions } from '../../transport/socket-io/server-options.js';

/** Every option by its name. */
export type Names<O> = Readonly<Record<keyof O, true>>;

const PLAIN: Names<PlainWebSocketOptions> = {
  path: true, format: true, port: true, host: true, origins: true, rejectAtHandshake: true, pingIntervalMs: true,
  webSocket: true,
}; // prettier-ignore

const SOCKET_IO: Names<SocketIoOptions> = {
  port: true, namespace: true, path: true, serveClient: true, adapter: true, parser: true, connectTimeout: true,
  connectionStateRecovery: true, cleanupEmptyChildNamespaces: true, pingTimeout: true, pingInterval: true,
  upgradeTimeout: true, allowRequest: true, transports: true, allowUpgrades: true, perMessageDeflate: true,
  httpCompression: true, wsEngine: true, initialPacket: true, cookie: true, cors: true, allowEIO3: true,
  destroyUpgrade: true, destroyUpgradeTimeout: true, addTrailingSlash: true,
}; // prettier-ignore

interface Nested {
  readonly fastPaths?: object;
  readonly plainWebSockets?: readonly PlainWebSocketOptions[];
  readonly socketIo?: SocketIoOptions;
}

/** @throws ConfigurationError that names the option nobody reads, and the one that was meant */
export function assertOptionNames<O extends Nested>(options: O, known: Names<O>): void {
  if ('imports' in options)
    throw new ConfigurationError(
      'JiraModule',
      'has "imports" in the options that useFactory returns, which is too late to import a module.',
      'Set "imports" beside "useFactory".',
    );
  assertNames('JiraModule', 'option', options, known);
  assertNames('JiraModule', 'fast path', options.fastPaths, ALL_FAST_PATHS);
  for (const one of options.plainWebSockets ?? []) assertNames(`plainWebSockets "${one.path}"`, 'option', one, PLAIN);
  if (options.socketIo && 'maxHttpBufferSize' in options.socketIo)
    throw new ConfigurationError('JiraModule', 'has the Socket.IO option "maxHttpBufferSize".', 'Set limits.frameBytes, which holds for every transport.'); // prettier-ignore
  assertNames('JiraModule', 'Socket.IO option', options.socketIo, SOCKET_IO);
}

function assertNames(subject: string, kind: string, given: object = {}, known: object = {}): void {
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !Object.hasOwn(known, name))
      throw new ConfigurationError(subject, `has an unknown ${kind} "${name}".`, meant(name, Object.keys(known)));
}
