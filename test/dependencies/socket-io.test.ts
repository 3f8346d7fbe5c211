// What the library uses of socket.io, engine.io and ws beyond their documented interfaces: each name is there, does what we
// rely on, and is missed at boot.

import { Socket as TcpSocket } from 'node:net';
import { Socket } from 'socket.io';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createTestApp } from '../../libs/jira/src/testing/test-app.js';
import {
  assertEngineIo,
  boundFrames,
  compresses,
  engineOf,
  holdBack,
  waitingOf,
  webSocketOf,
} from '../../libs/jira/src/transport/socket-io/engine-io-internals.js';
import { assertSocketStack, Probe } from '../../libs/jira/src/transport/socket-io/probe.js';
import type { ProbedConnection } from '../../libs/jira/src/transport/socket-io/probed-connection.js';
import {
  assertSocketIo,
  hasOwnParser,
  noteAcknowledged,
  packetIdOf,
  socketsBeside,
} from '../../libs/jira/src/transport/socket-io/socket-io-internals.js';
import { assertWs, isTooLarge, plainTcpOf } from '../../libs/jira/src/transport/socket-io/ws-internals.js';
import { hide, messageOf } from './hide.js';

const probes: Probe[] = [];
async function connect(): Promise<ProbedConnection & { readonly probe: Probe }> {
  const probe = new Probe();
  probes.push(probe);
  return { ...(await probe.connect()), probe };
}

afterEach(async () => {
  await Promise.all(probes.splice(0).map((probe) => probe.close()));
});

type Holder = (probe: ProbedConnection) => object;
const engine: Holder = ({ socket }) => socket.conn;
const transport: Holder = ({ socket }) => socket.conn.transport;
const server: Holder = (probe) => probe.server;
const parentNamespace: Holder = (probe) => Object.getPrototypeOf(probe.server.of(/^\/x$/)) as object;
const engineServer: Holder = (probe) => probe.server.engine;

describe('Without a name that the library uses, the boot says so in one sentence:', () => {
  it.each([
    ['Socket.ack', ({ socket }: ProbedConnection) => socket],
    ['Client.sockets', ({ socket }: ProbedConnection) => socket.client],
    ['Server.parentNsps', server],
    ['Server._nsps', server],
    ['Namespace._preConnectSockets', ({ socket }: ProbedConnection) => socket.nsp],
    ['ParentNamespace.children', parentNamespace],
    ['Server.opts', server],
  ])('socket.io, %s', async (name, holder) => {
    const probe = await connect();
    const restore = hide(holder(probe), name.split('.')[1] ?? '');
    const message = messageOf(() => assertSocketIo(probe));
    restore();
    expect(message).toBe(
      `ConfigurationError: socket.io 4.8.3 lacks ${name}, which nestjs-jira needs: install socket.io ~4.8.3.`,
    );
  });

  it.each([
    ['Socket.writeBuffer', engine, 'writeBuffer'],
    ['WebSocket.socket', transport, 'socket'],
    ['Transport.writable', transport, 'writable'],
    ['Transport "ready"', transport, 'listenerCount'],
    ['Server.opts', engineServer, 'opts'],
    ['Server.ws', engineServer, 'ws'],
  ])('engine.io, %s', async (name, holder, member) => {
    const probe = await connect();
    const restore = hide(holder(probe), member);
    const message = messageOf(() => assertEngineIo(probe));
    restore();
    expect(message).toBe(
      `ConfigurationError: engine.io 6.6.11 lacks ${name}, which nestjs-jira needs: install engine.io ~6.6.0.`,
    );
  });

  it('ws, WebSocket._socket', async () => {
    const probe = await connect();
    const restore = hide(probe.webSocket, '_socket');
    const message = messageOf(() => assertWs(probe));
    restore();
    expect(message).toBe(
      'ConfigurationError: ws 8.21.3 lacks WebSocket._socket, which nestjs-jira needs: install ws 8.21.3.',
    );
  });

  it.each([
    ['WebSocket.close(1009)', { wasTold: false, description: new Error('Max payload size exceeded') }],
    ['"Max payload size exceeded"', { wasTold: true, description: new Error('Too much') }],
  ])('ws, %s', async (name, oversize) => {
    const probe = await connect();
    expect(messageOf(() => assertWs({ ...probe, oversize }))).toBe(
      `ConfigurationError: ws 8.21.3 lacks ${name}, which nestjs-jira needs: install ws 8.21.3.`,
    );
  });

  it('an application does not boot', async () => {
    const restore = hide(Socket.prototype, 'ack');
    const booted = createTestApp({ entities: [], hooks: [] });
    await expect(booted.finally(restore)).rejects.toThrow('socket.io 4.8.3 lacks Socket.ack, which nestjs-jira needs');
  });
});

describe('The installed socket.io, engine.io and ws', () => {
  it('have every name that the library uses', async () => {
    await expect(assertSocketStack()).resolves.toBeUndefined();
  });

  it('tell an acknowledge function from the packet it answers', async () => {
    const { socket } = await connect();
    noteAcknowledged(socket);
    const { ack } = socket as unknown as { ack: (this: unknown, id: number) => (answer: unknown) => void };
    expect([packetIdOf(ack.call(socket, 7)), packetIdOf(() => undefined)]).toEqual([7, undefined]);
  });

  it('know the sockets of one connection, and no parser but their own', async () => {
    const { socket, server: io } = await connect();
    expect([...socketsBeside(socket)]).toEqual([socket]);
    expect(hasOwnParser(io)).toBe(false);
  });

  it('keep packets while their transport is held back, and send them once it is let go', async () => {
    const { socket } = await connect();
    const of = engineOf(socket);
    const release = holdBack(of.transport);
    socket.emit('a');
    socket.emit('b');
    expect(waitingOf(of).map(({ data }) => data)).toEqual(['2["a"]', '2["b"]']);
    release();
    expect(waitingOf(of)).toEqual([]);
  });

  it('compress nothing unless told to, and write to a connection that is not of Node only by themselves', async () => {
    const { socket, webSocket } = await connect();
    expect(compresses(engineOf(socket).transport)).toBe(false);
    expect(webSocketOf(engineOf(socket).transport)).toBe(webSocket);
    expect(plainTcpOf(webSocket)).toBeUndefined();
  });

  it('have a connection of Node that is written to while nobody has put another write in its place', () => {
    const tcp = new TcpSocket();
    const webSocket = Object.assign(Object.create(WebSocket.prototype) as WebSocket, { _socket: tcp });
    Object.defineProperty(webSocket, 'extensions', { value: '' });
    expect(plainTcpOf(webSocket)).toBe(tcp);
    tcp.write = () => true;
    expect(plainTcpOf(webSocket)).toBeUndefined();
  });

  it('bound the frames of connections to come', async () => {
    const { server: io } = await connect();
    expect(boundFrames(io, 50)).toBe(true);
    expect(boundFrames({ engine: { opts: {} } } as never, 50)).toBe(false);
  });

  it('tell of a frame that is too large before they close for it, and say so after', async () => {
    const { probe } = await connect();
    const oversize = await probe.sendOversize();
    expect(oversize?.wasTold).toBe(true);
    expect(isTooLarge(oversize?.description)).toBe(true);
  });
});
