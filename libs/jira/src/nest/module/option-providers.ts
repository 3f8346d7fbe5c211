// The module's options as providers, so that each class injects only those that it needs.

import type { InjectionToken, Provider } from '@nestjs/common';
import { CONNECTION_STORE } from '../../cluster/messaging/connection-store.js';
import { MESSAGE_QUEUE } from '../../cluster/messaging/message-queue.js';
import { PubSub } from '../../cluster/messaging/pub-sub.js';
import { CHANGE_LOG } from '../../core/changes/change-log.js';
import { USER_KEY } from '../../core/connections/connections.js';
import { DOCUMENTED_OPTIONS } from '../../document/api-document.js';
import { LIMITS } from '../../core/limits/limits.js';
import { LIMITS_OF } from '../../core/limits/limits-of.js';
import { RESUME_SETTINGS } from '../../live/delivery/resumption.js';
import { VISIBILITY_TTL_MS } from '../../live/sessions/authorization.js';
import { CLIENT_ADDRESS } from '../../transport/limits/traffic.js';
import { PLAIN_WEB_SOCKETS } from '../../transport/plain/plain-options.js';
import { OutspokenServer } from '../../transport/socket-io/ws-internals.js';
import {
  SOCKET_IO_CHOSEN,
  SOCKET_IO_OPTIONS,
  type WantedServerOptions,
} from '../../transport/socket-io/server-options.js';
import { RESOLVED_OPTIONS, type ResolvedJiraOptions } from './jira-options.js';

export const OPTION_PROVIDERS: readonly Provider[] = [
  option(LIMITS, ({ limits }) => limits),
  option(LIMITS_OF, ({ limitsOf }) => limitsOf),
  option(USER_KEY, ({ userKey }) => userKey),
  option(VISIBILITY_TTL_MS, ({ visibilityTtlMs }) => visibilityTtlMs),
  option(CLIENT_ADDRESS, ({ clientAddress }) => clientAddress),
  option(PLAIN_WEB_SOCKETS, ({ plainWebSockets }) => plainWebSockets),
  option(SOCKET_IO_OPTIONS, socketIoOptions),
  option(SOCKET_IO_CHOSEN, ({ socketIo }) => Object.keys(socketIo)),
  option(RESUME_SETTINGS, ({ resume }) => resume),
  option(DOCUMENTED_OPTIONS, (options) => options),
  option(CHANGE_LOG, ({ changeLog }) => changeLog),
  option(PubSub, ({ pubSub }) => pubSub),
  option(CONNECTION_STORE, ({ connectionStore }) => connectionStore),
  option(MESSAGE_QUEUE, ({ messageQueue }) => messageQueue),
];

function option(token: InjectionToken, read: (options: ResolvedJiraOptions) => unknown): Provider {
  return { provide: token, useFactory: read, inject: [RESOLVED_OPTIONS] };
}

function socketIoOptions({ socketIo, limits }: ResolvedJiraOptions): WantedServerOptions {
  const ours: Partial<WantedServerOptions> = {
    // Clients choose the names of routes, so empty ones are dropped. The plain transport takes upgrades that are not Socket.IO's.
    cleanupEmptyChildNamespaces: true,
    destroyUpgrade: false,
    // On a port of its own, nothing else takes such upgrades: they are ended at once.
    ...(socketIo.port && { destroyUpgrade: true, destroyUpgradeTimeout: 1 }),
    // A second more, so that the refusal can arrive.
    connectTimeout: limits.handshakeTimeoutMs + 1_000,
    wsEngine: OutspokenServer,
  };
  return { ...ours, ...socketIo, maxHttpBufferSize: limits.frameBytes };
}
