// The members of @nestjs/websockets and @nestjs/platform-socket.io that are not documented, and why each is needed. No
// other file uses them.

import { IoAdapter } from '@nestjs/platform-socket.io';
import * as constants from '@nestjs/websockets/constants.js';
import type { Namespace, Server } from 'socket.io';
import { assertMembers, hasMethod, type PrivateMember } from '../../core/support/private-members.js';

/** The peer ranges: these names are the same in both major versions. */
const VERSIONS = '^11.0.0 || ^12.0.1';
/** From the first version that depends on socket.io 4.8.3. */
const ADAPTER_VERSIONS = '^11.1.11 || ^12.0.1';

/** The metadata that `@WebSocketGateway` writes. They tell whose options a shared server was created with. */
export const { GATEWAY_METADATA, GATEWAY_OPTIONS, PORT_METADATA } = constants;

const LISTENS = ['bindClientConnect', 'bindClientDisconnect', 'bindMessageHandlers'] as const;

/** Whether an adapter listens to clients as Nest's own does. An application's adapter may do more with each client. */
export function listensAsNest(adapter: Partial<IoAdapter> | undefined): boolean {
  return LISTENS.every((name) => adapter?.[name] === IoAdapter.prototype[name]);
}

/**
 * Keeps Nest from listening for this gateway's connections; called right before it would. Nest would create four
 * observables per connection for message handlers, and this gateway has none. Other gateways are not affected.
 */
export function takeNoClients(server: Server | Namespace): void {
  const listening = server as { on(event: string, listener: unknown): unknown };
  const restore = (): void => void Reflect.deleteProperty(listening, 'on');
  listening.on = (event, listener) => {
    restore();
    return event === 'connection' ? server : listening.on(event, listener);
  };
  queueMicrotask(restore);
}

const SOCKETS: readonly PrivateMember<unknown>[] = Object.entries({
  GATEWAY_METADATA,
  GATEWAY_OPTIONS,
  PORT_METADATA,
}).map(([name, value]) => ({ name, isThere: () => typeof value === 'string' }));
const ADAPTER: readonly PrivateMember<unknown>[] = LISTENS.map((name) => ({
  name: `IoAdapter.${name}`,
  isThere: () => hasMethod(IoAdapter.prototype, name),
}));

/** @throws ConfigurationError that names what the installed packages lack */
export function assertWebSockets(): void {
  assertMembers('@nestjs/websockets', VERSIONS, SOCKETS, undefined);
  assertMembers('@nestjs/platform-socket.io', ADAPTER_VERSIONS, ADAPTER, undefined);
}
