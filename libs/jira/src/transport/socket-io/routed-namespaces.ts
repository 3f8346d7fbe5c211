// The namespaces of routes beside those of the application's own gateways.

import type { Namespace, Server } from 'socket.io';
import { matchesOf, type MatchNamespace } from './socket-io-internals.js';

/**
 * One parent for all paths, the unknown ones too: only a namespace can refuse with a code. Namespaces that the application
 * opens by `io.of(/…/)`, at whatever time, go before it.
 *
 * @param isRoute whether a route has this path
 */
export function openRouted(server: Server, isRoute: (path: string) => boolean): Namespace {
  const match: MatchNamespace = (name, _auth, next) => {
    const matches = matchesOf(server);
    if (isRoute(name) || [...matches.keys()].at(-1) === match) return next(null, true);
    // Those that came later are asked, then this one again.
    matches.delete(match);
    matches.set(match, routed);
    next(null, false);
  };
  const routed = server.of(match);
  return routed;
}
