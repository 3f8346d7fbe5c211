// Everything of engine.io that its types or its documents do not promise, and why it is needed. Nothing else reaches behind
// them: what another version calls otherwise is called otherwise here.

import type { Server, Socket } from 'socket.io';
import { WebSocket } from 'ws';
import { assertMembers, type PrivateMember } from '../../core/support/private-members.js';
import type { ProbedConnection } from './probed-connection.js';

/** The versions whose private members were tested; they come with socket.io. */
const VERSIONS = '~6.6.0';

/** A connection of engine.io. */
export interface EngineSocket {
  readonly readyState: string;
  readonly protocol: number;
  readonly transport: EngineTransport;
  write(data: string, options?: object): unknown;
  on(event: 'packetCreate', listener: (this: EngineSocket, packet: EnginePacket) => void): unknown;
  listeners(event: 'packetCreate'): readonly unknown[];
  listenerCount(event: 'packetCreate'): number;
  close(discard: boolean): void;
}
export interface EnginePacket {
  readonly data?: string | ArrayBufferView;
}
export interface EngineTransport {
  readonly name: string;
  readonly writable: boolean;
}

interface SocketMembers {
  readonly writeBuffer: readonly EnginePacket[];
}
interface TransportMembers {
  writable: boolean;
  readonly perMessageDeflate?: unknown;
  readonly socket?: unknown;
  emit(event: 'ready'): unknown;
  listenerCount(event: 'ready'): number;
}
interface ServerMembers {
  readonly opts: { maxHttpBufferSize: number };
  readonly ws?: { readonly options?: { maxPayload?: number } };
}

export function engineOf({ conn }: Socket): EngineSocket {
  return conn;
}

/** Packets that wait for the transport: what a slow client has not been sent. No event tells when they are taken. */
export function waitingOf(engine: EngineSocket): readonly EnginePacket[] {
  return (engine as unknown as SocketMembers).writeBuffer;
}

/** The WebSocket of a transport: frames are written to it, and it is ended without waiting. Engines of others have none. */
export function webSocketOf(transport: EngineTransport): WebSocket | undefined {
  const { socket } = transport as unknown as TransportMembers;
  return socket instanceof WebSocket ? socket : undefined;
}

/** Whether the transport would compress what it sends: frames that were encoded elsewhere are not. */
export function compresses(transport: EngineTransport): boolean {
  return Boolean((transport as unknown as TransportMembers).perMessageDeflate);
}

/**
 * Keeps further packets with engine.io, where they are counted and bounded. Returns a function that lets them go, as the
 * transport itself does after a packet of its own.
 */
export function holdBack(transport: EngineTransport): () => void {
  const members = transport as unknown as TransportMembers;
  members.writable = false;
  return () => {
    members.writable = true;
    members.emit('ready');
  };
}

/** Bounds the frames of connections to come. False for an unknown kind of server. */
export function boundFrames({ engine }: Server, bytes: number): boolean {
  const { opts, ws } = engine as unknown as ServerMembers;
  if (typeof ws?.options?.maxPayload !== 'number') return false;
  opts.maxHttpBufferSize = bytes; // read at each polling request and told to each client
  ws.options.maxPayload = bytes; // read at each upgrade
  return true;
}

const MEMBERS: readonly PrivateMember<ProbedConnection>[] = [
  { name: 'Socket.writeBuffer', isThere: ({ socket }) => Array.isArray(waitingOf(engineOf(socket))) },
  { name: 'WebSocket.socket', isThere: ({ socket }) => webSocketOf(engineOf(socket).transport) !== undefined },
  { name: 'Transport.writable', isThere: ({ socket }) => typeof transportOf(socket).writable === 'boolean' },
  { name: 'Transport "ready"', isThere: ({ socket }) => transportOf(socket).listenerCount('ready') > 0 },
  { name: 'Server.opts', isThere: ({ server }) => membersOf(server).opts.maxHttpBufferSize > 0 },
  { name: 'Server.ws', isThere: ({ server }) => typeof membersOf(server).ws?.options?.maxPayload === 'number' },
];

/** @throws ConfigurationError that names what the installed engine.io lacks */
export function assertEngineIo(probe: ProbedConnection): void {
  assertMembers('engine.io', VERSIONS, MEMBERS, probe);
}

function transportOf(socket: Socket): TransportMembers {
  return engineOf(socket).transport as unknown as TransportMembers;
}

function membersOf({ engine }: Server): ServerMembers {
  return engine as unknown as ServerMembers;
}
