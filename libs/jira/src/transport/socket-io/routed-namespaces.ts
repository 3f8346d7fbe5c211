// Opens the Socket.IO namespaces of routes, besides those of the application's own gateways.

import type { Namespace, Server } from 'socket.io';
import { matchesOf, type MatchNamespace } from './socket-io-internals.js';

/**
 * One parent namespace for all paths, even unknown ones, because only a namespace can refuse with a code. Namespaces
 * that the application opens with `io.of(/…/)`, at any time, take precedence.
 *
 * @param isRoute whether a route has this path
 */
export function openRouted(server: Server, isRoute: (path: string) => boolean): Namespace {
  const match: MatchNamespace = (name, _auth, next) => {
    const matches = matchesOf(server);
    if (isRoute(name) || [...matches.keys()].at(-1) === match) return next(null, true);
    // Parents that were added later are asked first, then this one again.
    matches.delete(match);
    matches.set(match, routed);
    next(null, false);
  };
  const routed = server.of(match);
  return routed;
}
