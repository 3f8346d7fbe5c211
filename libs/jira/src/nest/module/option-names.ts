// The names of the options. Others are refused, because they would be ignored silently.

import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { assertLists, assertNames, type Names } from '../../core/support/known-names.js';
import { ALL_FAST_PATHS } from '../../core/scope/fast-paths.js';
import type { PlainWebSocketOptions, WebSocketOptions } from '../../transport/plain/plain-options.js';
import type { SocketIoOptions } from '../../transport/socket-io/server-options.js';
import type { ExplorerOptions } from './explorer-options.js';
import type { ResumeOptions } from './resume-options.js';

const PLAIN: Names<PlainWebSocketOptions> = {
  path: true, format: true, port: true, host: true, origins: true, rejectAtHandshake: true, pingIntervalMs: true,
  webSocket: true,
}; // prettier-ignore

const WEB_SOCKET: Names<WebSocketOptions> = {
  perMessageDeflate: true, skipUTF8Validation: true, allowSynchronousEvents: true,
}; // prettier-ignore

const EXPLORER: Names<ExplorerOptions> = { path: true, inProduction: true, guard: true, info: true };

const RESUME: Names<ResumeOptions> = { secret: true, maxRows: true, positionMs: true, history: true };

const SOCKET_IO: Names<SocketIoOptions> = {
  port: true, namespace: true, path: true, serveClient: true, adapter: true, parser: true, connectTimeout: true,
  connectionStateRecovery: true, cleanupEmptyChildNamespaces: true, pingTimeout: true, pingInterval: true,
  upgradeTimeout: true, allowRequest: true, transports: true, allowUpgrades: true, perMessageDeflate: true,
  httpCompression: true, wsEngine: true, initialPacket: true, cookie: true, cors: true, allowEIO3: true,
  destroyUpgrade: true, destroyUpgradeTimeout: true, addTrailingSlash: true,
}; // prettier-ignore

const LISTS = ['authentication', 'permissions', 'middleware', 'eventListeners', 'plainWebSockets'] as const;

interface Nested {
  readonly fastPaths?: object;
  readonly authentication?: readonly unknown[];
  readonly permissions?: readonly unknown[];
  readonly middleware?: readonly unknown[];
  readonly eventListeners?: readonly unknown[];
  readonly plainWebSockets?: readonly PlainWebSocketOptions[];
  readonly explorer?: boolean | ExplorerOptions;
  readonly resume?: ResumeOptions;
  readonly socketIo?: SocketIoOptions;
}

/** @throws ConfigurationError that names the unknown option, and the one that was meant */
export function assertOptionNames<O extends Nested>(options: O, known: Names<O>): void {
  if ('imports' in options)
    throw new ConfigurationError(
      'JiraModule',
      'has "imports" in the options that useFactory returns, which is too late to import a module.',
      'Set "imports" beside "useFactory".',
    );
  assertNames('JiraModule', 'option', options, known);
  assertLists<Nested>('JiraModule', 'option', options, LISTS);
  assertNames('JiraModule', 'fast path', options.fastPaths, ALL_FAST_PATHS);
  assertNames('JiraModule', 'explorer option', typeof options.explorer === 'object' ? options.explorer : {}, EXPLORER);
  assertNames('JiraModule', 'resume option', options.resume, RESUME);
  for (const one of options.plainWebSockets ?? []) {
    const subject = `plainWebSockets "${one.path}"`;
    assertNames(subject, 'option', one, PLAIN);
    assertNames(subject, 'webSocket option', one.webSocket, WEB_SOCKET);
  }
  if (options.socketIo && 'maxHttpBufferSize' in options.socketIo)
    throw new ConfigurationError('JiraModule', 'has the Socket.IO option "maxHttpBufferSize".', 'Set limits.frameBytes, which holds for every transport.'); // prettier-ignore
  assertNames('JiraModule', 'Socket.IO option', options.socketIo, SOCKET_IO);
}
