// The HTTP part of a plain WebSocket handshake: reads the request, and may refuse it.

import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ErrorAnswer } from '../../core/errors/error-answer.js';
import type { HandshakeRefusal } from '../../hooks/handshake-refusal.js';
import type { Handshake } from '../../core/connections/connection.js';

/** Subprotocol that carries a token, for clients that can set neither header nor query: `bearer.<token>`. */
const BEARER = 'bearer.';

/** The path (not decoded) and query of a request; `undefined` if the URL is invalid. */
export function urlOf(request: IncomingMessage): URL | undefined {
  const url = `ws://localhost${request.url ?? '/'}`; // not as a base: `//host/path` would name another host
  return URL.canParse(url) ? new URL(url) : undefined;
}

/**
 * `auth.token` comes from a subprotocol `bearer.<token>`, or else from the query's `token`. An `Authorization` header
 * stays a header.
 */
export function handshakeOf(request: IncomingMessage, url: URL): Handshake {
  const query = Object.fromEntries(url.searchParams);
  const offered = protocolsOf(request).find((protocol) => protocol.startsWith(BEARER));
  const token = offered?.slice(BEARER.length) ?? query['token'];
  return {
    auth: token === undefined ? {} : { token },
    headers: request.headers,
    query,
    address: request.socket.remoteAddress ?? '',
    url: request.url ?? '/',
    isSecure: (request.socket as Partial<TLSSocket>).encrypted === true,
    time: new Date(),
  };
}

/** The subprotocol that the server accepts: if possible, one without a token. Browsers require an answer. */
export function chooseProtocol(offered: ReadonlySet<string>): string | false {
  const all = [...offered];
  return all.find((protocol) => !protocol.startsWith(BEARER)) ?? all[0] ?? false;
}

/** The socket is destroyed after this time: a client that never closes its side would keep the HTTP server from closing. */
const GRACE_MS = 1_000;

/** Sends an HTTP response and ends the socket. */
export function refuse(socket: Duplex, { status, headers = {}, body = '' }: HandshakeRefusal): void {
  const lines = { 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close', ...headers };
  const head = Object.entries(lines).map(([name, value]) => `${clean(name)}: ${clean(value)}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head.join('')}\r\n${body}`);
  const cutOff = setTimeout(() => socket.destroy(), GRACE_MS).unref();
  socket.once('close', () => clearTimeout(cutOff));
}

/** An error as an HTTP response. */
export function refusalOf({ status, data }: ErrorAnswer): HandshakeRefusal {
  const { code, message } = data;
  return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code, message }) };
}

function protocolsOf({ headers }: IncomingMessage): string[] {
  const list = headers['sec-websocket-protocol']?.split(',') ?? [];
  return list.map((protocol) => protocol.trim());
}

/** Replaces line breaks: one in a header would begin another header. */
function clean(text: string): string {
  return text.replace(/[\r\n]/g, ' ');
}
