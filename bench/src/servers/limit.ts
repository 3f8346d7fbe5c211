// The most that Node can do: one WebSocket frame, built once, written to each TCP socket. No Socket.IO server, no ORM.

import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import Database from 'better-sqlite3';
import { WebSocket, WebSocketServer } from 'ws';
import { AUDIENCES, SHARED_PROJECT } from '../work/issues.js';
import { listen, markCommit, ROW, serve } from './control.js';

const database = new Database(':memory:');
database.exec(`CREATE TABLE issue (id INTEGER PRIMARY KEY AUTOINCREMENT, title, description, status, projectId,
  assigneeId, createdAt DEFAULT CURRENT_TIMESTAMP, updatedAt DEFAULT CURRENT_TIMESTAMP)`);
const insert = database.prepare(`INSERT INTO issue (title, description, status, projectId, assigneeId)
  VALUES (@title, @description, @status, @projectId, @assigneeId) RETURNING *`);

const rooms = new Map<string, Set<Socket>>();
const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false, skipUTF8Validation: true });

server.on('connection', (socket, request) => {
  socket.send('0{"sid":"-","upgrades":[],"pingInterval":300000,"pingTimeout":300000,"maxPayload":1000000}');
  socket.on('message', (message) => answer(socket, request.socket, (message as Buffer).toString()));
  socket.on('close', () => {
    for (const room of rooms.values()) room.delete(request.socket);
  });
});

/** Implements just enough of Socket.IO to answer the same frames. */
function answer(socket: WebSocket, tcp: Socket, text: string): void {
  if (text.startsWith('40')) return socket.send('40{"sid":"-"}');
  const [, id, body] = /^42(\d+)(\[.*)$/s.exec(text) ?? [];
  if (id === undefined || body === undefined) return;
  const [event, argument] = JSON.parse(body) as [string, unknown];
  if (event === 'issues:subscribe') {
    join(tcp, (argument as { audience?: number }).audience);
    return socket.send(`43${id}[{"status":200,"data":null}]`);
  }
  if (ROW === 'latency') markCommit();
  const issue = insert.get(argument) as { id: number; projectId: number };
  announce(issue);
  socket.send(`43${id}[${JSON.stringify({ status: 201, data: issue })}]`);
}

function join(tcp: Socket, audience: number | undefined): void {
  const name = audience === undefined ? 'issues' : `issues:${audience}`;
  let room = rooms.get(name);
  if (room === undefined) rooms.set(name, (room = new Set()));
  room.add(tcp);
}

function announce(issue: { id: number; projectId: number }): void {
  const names =
    issue.projectId === SHARED_PROJECT
      ? Array.from({ length: AUDIENCES }, (_, audience) => `issues:${audience}`)
      : ['issues'];
  for (const name of names) {
    const frame = textFrame(`42["issues",${JSON.stringify({ type: 'added', id: issue.id, data: issue })}]`);
    for (const tcp of rooms.get(name) ?? []) tcp.write(frame);
  }
}

/** A single unmasked WebSocket text frame of less than 64 KiB. */
function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81;
  if (header === 2) frame[1] = length;
  else {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, header);
  return frame;
}

await listen(http);
serve(http);
