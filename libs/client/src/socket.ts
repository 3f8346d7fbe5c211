// The Socket.IO socket under the client.

import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { definedOf } from './defined.js';
import type { ResolvedClientOptions } from './options.js';

/** `authenticate` is called at each handshake, with the function that takes the credentials. */
export function openSocket(
  url: string,
  options: ResolvedClientOptions,
  authenticate: (speak: (auth: object) => void) => void,
): Socket {
  const { path, transports, extraHeaders, withCredentials, parser, agent, ca } = options;
  const given = { withCredentials, parser, agent, ca: typeof ca === 'object' ? [...ca] : ca };
  const socketOptions: Partial<ManagerOptions & SocketOptions> = {
    autoConnect: false,
    forceNew: true,
    path,
    transports: [...transports],
    tryAllTransports: true,
    extraHeaders: { ...extraHeaders },
    timeout: options.connectTimeoutMs,
    reconnectionDelay: options.reconnectMinMs,
    reconnectionDelayMax: options.reconnectMaxMs,
    auth: authenticate,
    // Socket.IO's types allow only strings and booleans here.
    ...(definedOf(given) as object),
  };
  return io(url, socketOptions);
}
