// The members of socket.io that its types do not promise, and why each is needed. No other file uses them.

import type { Namespace, Server, Socket } from 'socket.io';
import { assertMembers, hasMethod, type PrivateMember } from '../../core/support/private-members.js';
import type { ProbedConnection } from './probed-connection.js';

/** The peer range. A minor version may change private members; patch versions have not done so. */
const VERSIONS = '~4.8.3';

export type Acknowledge = (answer: unknown) => void;

interface SocketMembers {
  ack?: (id: number) => Acknowledge & { packetId?: number };
  readonly client: { readonly sockets: ReadonlyMap<string, Socket> };
}

/** The sockets of one connection, one for each namespace. A faulty frame affects all of them. */
export function socketsBeside(socket: Socket): Iterable<Socket> {
  return (socket as unknown as SocketMembers).client.sockets.values();
}

/** Whether the application has its own parser, which must encode each packet itself. */
export function hasOwnParser(server: Server): boolean {
  return (server as unknown as { readonly opts?: { readonly parser?: unknown } }).opts?.parser !== undefined;
}

/** The options that the server was created with, as they were given. */
export function givenOptions(server: Server): Readonly<Record<string, unknown>> {
  return (server as unknown as { readonly opts?: Readonly<Record<string, unknown>> }).opts ?? {};
}

/** Decides whether a namespace of this name is opened. */
export type MatchNamespace = (
  name: string,
  auth: unknown,
  next: (error: Error | null, isAllowed: boolean) => void,
) => void;

/** The functions that allow namespaces by name, in the order in which Socket.IO calls them. The first that allows a name wins. */
export function matchesOf(server: Server): Map<MatchNamespace, unknown> {
  return (server as unknown as { readonly parentNsps: Map<MatchNamespace, unknown> }).parentNsps;
}

interface NamespaceMembers {
  readonly _preConnectSockets: ReadonlyMap<string, Socket>;
}
interface ParentMembers {
  readonly children: Set<Namespace>;
}

/**
 * Removes a namespace that a parent opened, unless it has clients. The next client that asks for its name opens it
 * again.
 */
export function removeIfEmpty(parent: Namespace, namespace: Namespace): void {
  if (namespace.sockets.size + enteringOf(namespace).size > 0 || !childrenOf(parent).delete(namespace)) return;
  namespacesOf(namespace.server).delete(namespace.name);
  void namespace.adapter.close();
}

function enteringOf(namespace: Namespace): ReadonlyMap<string, Socket> {
  const { _preConnectSockets: entering } = namespace as unknown as NamespaceMembers;
  return entering;
}

function childrenOf(parent: Namespace): Set<Namespace> {
  return (parent as unknown as ParentMembers).children;
}

function namespacesOf(server: Server): Map<string, Namespace> {
  const { _nsps: namespaces } = server as unknown as { readonly _nsps: Map<string, Namespace> };
  return namespaces;
}

/** Makes the socket's acknowledge functions remember which packet they are for. */
export function noteAcknowledged(socket: Socket): void {
  if (hasMethod(socket, 'ack')) Object.assign(socket, { ack: noting });
}

/** One function for all sockets, so that none needs a closure. */
function noting(this: Socket, id: number): Acknowledge {
  const { ack } = Object.getPrototypeOf(this) as Required<SocketMembers>;
  return Object.assign(ack.call(this, id), { packetId: id });
}

/** The packet that an acknowledge function answers; undefined if it was not noted. */
export function packetIdOf(acknowledge: Acknowledge): number | undefined {
  return (acknowledge as { readonly packetId?: number }).packetId;
}

/** A pattern that matches no namespace. */
const NOWHERE = /^$/;

const MEMBERS: readonly PrivateMember<ProbedConnection>[] = [
  { name: 'Socket.ack', isThere: ({ socket }) => hasMethod(socket, 'ack') },
  { name: 'Client.sockets', isThere: ({ socket }) => [...socketsBeside(socket)].includes(socket) },
  { name: 'Server.parentNsps', isThere: ({ server }) => (matchesOf(server) as unknown) instanceof Map },
  { name: 'Server._nsps', isThere: ({ server, socket }) => namespacesOf(server).get(socket.nsp.name) === socket.nsp },
  {
    name: 'Namespace._preConnectSockets',
    isThere: ({ socket }) => enteringOf(socket.nsp).size === 0,
  },
  { name: 'ParentNamespace.children', isThere: ({ server }) => childrenOf(server.of(NOWHERE)).size === 0 },
  { name: 'Server.opts', isThere: ({ server }) => typeof (server as unknown as { opts?: unknown }).opts === 'object' },
];

/** @throws ConfigurationError that names what the installed socket.io lacks */
export function assertSocketIo(probe: ProbedConnection): void {
  assertMembers('socket.io', VERSIONS, MEMBERS, probe);
}
