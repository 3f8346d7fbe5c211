// Everything of @nestjs/websockets and @nestjs/platform-socket.io that is not a documented interface, and why it is
// needed. No other file reaches behind their types.

import { IoAdapter } from '@nestjs/platform-socket.io';
import * as constants from '@nestjs/websockets/constants.js';
import type { Namespace, Server } from 'socket.io';
import { assertMembers, hasMethod, type PrivateMember } from '../../core/support/private-members.js';

/** The peer ranges: these names are the same in both major versions. */
const VERSIONS = '^11.0.0 || ^12.0.1';
/** From the version that brings socket.io 4.8.3. */
const ADAPTER_VERSIONS = '^11.1.11 || ^12.0.1';

/** The metadata that `@WebSocketGateway` writes: it tells with which gateway's options a shared server was created. */
export const { GATEWAY_METADATA, GATEWAY_OPTIONS, PORT_METADATA } = constants;

const LISTENS = ['bindClientConnect', 'bindClientDisconnect', 'bindMessageHandlers'] as const;

/** Whether an adapter listens to clients as Nest's own does. An application's adapter may do more with each client. */
export function listensAsNest(adapter: Partial<IoAdapter> | undefined): boolean {
  return LISTENS.every((name) => adapter?.[name] === IoAdapter.prototype[name]);
}

/**
 * Called right before Nest listens for connections on behalf of this gateway. Nest would give each connection four
 * observables for message handlers, which this gateway does not have. Other gateways listen for themselves.
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
