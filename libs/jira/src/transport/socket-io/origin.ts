// Decides which web pages may connect. A browser sends the page's origin, but does not apply CORS to WebSockets.

import type { IncomingMessage } from 'node:http';

/** Origins that may connect besides the host's own, in the form of Socket.IO's `cors.origin`. */
export type AllowedOrigins = string | RegExp | boolean | readonly (string | RegExp)[];

/**
 * Whether the connection comes from a web page of a site that is not allowed. Programs send no `Origin`. Behind a
 * proxy, the host may be in `X-Forwarded-Host`, which a page cannot set.
 */
export function isForeign({ headers }: IncomingMessage, allowed: AllowedOrigins): boolean {
  const { origin, host } = headers;
  if (origin === undefined || isAllowed(origin, allowed)) return false;
  if (!URL.canParse(origin)) return true;
  const own = new URL(origin).host;
  return own !== host && own !== headers['x-forwarded-host'];
}

function isAllowed(origin: string, allowed: AllowedOrigins): boolean {
  if (typeof allowed === 'boolean') return allowed;
  if (typeof allowed === 'string') return allowed === '*' || allowed === origin;
  if (allowed instanceof RegExp) return allowed.test(origin);
  return allowed.some((one) => isAllowed(origin, one));
}
