// The members of engine.io that its types or documents do not promise, and why each is needed. No other file uses
// them, so if a version renames one, only this file changes.

import type { Server, Socket } from 'socket.io';
import { WebSocket } from 'ws';
import { assertMembers, type PrivateMember } from '../../core/support/private-members.js';
import type { ProbedConnection } from './probed-connection.js';

/** The versions whose private members were tested. They come with socket.io. */
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

/** Packets that wait for the transport because the client is slow. No event reports when they are sent. */
export function waitingOf(engine: EngineSocket): readonly EnginePacket[] {
  return (engine as unknown as SocketMembers).writeBuffer;
}

/** The WebSocket of a transport, to write frames to it or to end it without waiting. Polling has none. */
export function webSocketOf(transport: EngineTransport): WebSocket | undefined {
  const { socket } = transport as unknown as TransportMembers;
  return socket instanceof WebSocket ? socket : undefined;
}

/** Whether the transport would compress what it sends. Frames that were encoded elsewhere are not compressed. */
export function compresses(transport: EngineTransport): boolean {
  return Boolean((transport as unknown as TransportMembers).perMessageDeflate);
}

/**
 * Makes engine.io queue further packets, where they are counted and limited. Returns a function that releases them, as
 * the transport does after it has sent a packet.
 */
export function holdBack(transport: EngineTransport): () => void {
  const members = transport as unknown as TransportMembers;
  members.writable = false;
  return () => {
    members.writable = true;
    members.emit('ready');
  };
}

/** Limits the frame size of future connections. Returns false for an unknown kind of server. */
export function boundFrames({ engine }: Server, bytes: number): boolean {
  const { opts, ws } = engine as unknown as ServerMembers;
  if (typeof ws?.options?.maxPayload !== 'number') return false;
  opts.maxHttpBufferSize = bytes; // read at each polling request, and sent to each client
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
