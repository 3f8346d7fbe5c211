// `@WebSocketRoute('/thing/:id')`: gives a method the raw WebSockets of a URL, for text and binary frames.

import type { WebSocket } from 'ws';
import type { RouteOptions } from '../../hooks/route-options.js';
import { MemberMarks } from '../../hooks/member-marks.js';
import type { Connection, Params } from '../../core/connections/connection.js';

/** The connection of a raw handler. */
export interface RouteContext<PathParams extends object = Params> {
  /** Path of the URL, without its query. */
  readonly path: string;
  /** Parameters of the URL: strings, or an instance of the route's `params` class. */
  readonly params: PathParams;
  /** The connection, with its user. `connection.handshake` has headers and query. */
  readonly connection: Connection;
}

/** The signature of the decorated method. */
export type RawHandler = (socket: WebSocket, context: RouteContext) => unknown;

/** Options of `@WebSocketRoute()`. */
export type WebSocketRouteOptions = Pick<RouteOptions, 'params'>;

interface RawMark extends WebSocketRouteOptions {
  readonly path: string;
}

const MARKS = new MemberMarks<RawMark>('A raw handler');

/**
 * Calls the method with the `ws` WebSocket and a `RouteContext` for each client that connects to this URL. Clients are admitted
 * as usual: by origin, authentication and the global permissions. The socket stays open when the method returns. If the method
 * throws or rejects, the socket closes with code 1011. Listen for `message` before the first `await`.
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
