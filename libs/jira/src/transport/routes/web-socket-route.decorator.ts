// `@WebSocketRoute('/thing/:id')`: a method that owns the WebSocket of a URL, with its text and binary frames.

import type { WebSocket } from 'ws';
import type { RouteOptions } from '../../hooks/route-options.js';
import { MemberMarks } from '../../hooks/member-marks.js';
import type { Connection, Params } from '../../core/connections/connection.js';

/** What a raw handler knows about its connection. */
export interface RouteContext<PathParams extends object = Params> {
  /** The path of the URL, without its query. */
  readonly path: string;
  readonly params: PathParams;
  /** Who connected; `connection.handshake` has headers and query. */
  readonly connection: Connection;
}

/** The type of the decorated method. */
export type RawHandler = (socket: WebSocket, context: RouteContext) => unknown;

export type WebSocketRouteOptions = Pick<RouteOptions, 'params'>;

interface RawMark extends WebSocketRouteOptions {
  readonly path: string;
}

const MARKS = new MemberMarks<RawMark>('A raw handler');

/**
 * Calls the method with the `ws` WebSocket and a `RouteContext` for each client that connects at this URL. The client
 * passes the same checks as any other: origin, authentication, global permissions. The socket stays open when the
 * method returns. If it throws or rejects, the socket is closed with code 1011. Listen for `message` before the first
 * `await`.
 *
 * @example
 * @Injectable()
 * export class Echo {
 *   @WebSocketRoute('/echo/:id')
 *   echo(socket: WebSocket) { socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })); }
 * }
 */
export function WebSocketRoute(path: string, options: WebSocketRouteOptions = {}): MethodDecorator {
  return (prototype, name) => MARKS.add(prototype, name, { ...options, path });
}

/** The raw handlers of an instance, by method name. */
export function rawHandlersOf(instance: object): ReadonlyMap<string, RawMark> {
  return MARKS.of(instance);
}
