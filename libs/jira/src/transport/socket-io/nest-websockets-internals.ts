// Everything of @nestjs/websockets and @nestjs/platform-socket.io that is no documented interface, and why it is needed.
// Nothing else reaches behind their types.

import { IoAdapter } from '@nestjs/platform-socket.io';
import * as constants from '@nestjs/websockets/constants.js';
import type { Namespace, Server } from 'socket.io';
import { assertMembers, hasMethod, type PrivateMember } from '../../core/support/private-members.js';

/** The peer ranges: none of these was called otherwise in either major version. */
const VERSIONS = '^11.0.0 || ^12.0.1';
/** Since it brings socket.io 4.8.3. */
const ADAPTER_VERSIONS = '^11.1.11 || ^12.0.1';

/** What `@WebSocketGateway` writes: whose options the one server of several gateways was made with. */
export const { GATEWAY_METADATA, GATEWAY_OPTIONS, PORT_METADATA } = constants;

const LISTENS = ['bindClientConnect', 'bindClientDisconnect', 'bindMessageHandlers'] as const;

/** Whether an adapter listens to clients as Nest does: one of the application's own may do more with each of them. */
export function listensAsNest(adapter: Partial<IoAdapter> | undefined): boolean {
  return LISTENS.every((name) => adapter?.[name] === IoAdapter.prototype[name]);
}

/**
 * Called by Nest right before it listens for connections on behalf of this gateway. Nest would give each one four
 * observables to hear messages by, for handlers that this gateway does not have. Other gateways listen for themselves.
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
