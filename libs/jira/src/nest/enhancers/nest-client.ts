// The client that Nest's guards and pipes see for a hook's request.

import type { HookScope } from '../../core/scope/scope.js';

/**
 * The transport's own client, such as a Socket.IO socket, plus what guards written for HTTP look for: `user`, `headers`, `query`,
 * `params`, `body`, `method`, `url`. A guard that sets `user`, as Passport's do, sets it for this request only.
 */
export function nestClient(scope: HookScope): object {
  return Object.create(scope.connection.client, {
    user: {
      enumerable: true,
      get: () => scope.user as unknown,
      set: (user: unknown) => {
        scope.user = user;
      },
    },
    headers: { enumerable: true, value: { ...scope.handshake.headers, ...scope.headers } },
    query: { enumerable: true, value: scope.query },
    params: { enumerable: true, value: scope.params },
    body: { enumerable: true, get: () => scope.data },
    method: { enumerable: true, value: scope.method },
    url: { enumerable: true, value: `${scope.namespace}/${scope.action}` },
  }) as object;
}
