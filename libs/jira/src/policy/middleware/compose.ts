// Composes middleware into one function around a core.

import { Answer } from '../../core/scope/answer.js';
import type { HookScope } from '../../core/scope/scope.js';
import type { JiraMiddleware } from './middleware.js';

export type Handler = (scope: HookScope) => Promise<Answer>;

/** Wraps the core in middleware, the first outermost. Without middleware, it is the core itself. */
export function compose(middleware: readonly JiraMiddleware[], core: Handler): Handler {
  return middleware.reduceRight<Handler>((inner, ring) => (scope) => runRing(ring, scope, inner), core);
}

async function runRing(ring: JiraMiddleware, scope: HookScope, inner: Handler): Promise<Answer> {
  let inside: Promise<Answer> | undefined;
  const next = (): Promise<Answer> => {
    if (inside) throw new Error(`${nameOf(ring)}.use() called next() twice.`);
    return (inside = inner(scope));
  };
  const returned = await ring.use(scope, next);
  if (returned instanceof Answer) return returned;
  if (returned !== undefined) return new Answer(200, returned);
  if (inside) return inside; // `await next();` without a return keeps the answer.
  throw new Error(`${nameOf(ring)}.use() returned nothing and did not call next(), so the request has no answer.`);
}

function nameOf(ring: JiraMiddleware): string {
  return ring.constructor.name;
}
