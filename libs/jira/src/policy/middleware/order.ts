// Which middleware applies to an action, and in what order.

import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { middlewareOptions, type JiraMiddleware } from './middleware.js';

/**
 * Sorts by priority, lowest first; middleware without one follows in listed order.
 *
 * @throws ConfigurationError if two priorities are equal
 */
export function inOrder(middleware: readonly JiraMiddleware[]): JiraMiddleware[] {
  const byPriority = new Map<number, JiraMiddleware>();
  for (const ring of middleware) {
    const { priority } = middlewareOptions(ring);
    if (priority === undefined) continue;
    const other = byPriority.get(priority);
    if (other)
      throw new ConfigurationError(
        ring.constructor.name,
        `has the same priority as ${other.constructor.name}: ${priority}.`,
        'Give each a priority of its own: @Middleware({ priority }).',
      );
    byPriority.set(priority, ring);
  }
  const ordered = [...byPriority].toSorted(([a], [b]) => a - b).map(([, ring]) => ring);
  return [...ordered, ...middleware.filter((ring) => middlewareOptions(ring).priority === undefined)];
}

/** The middleware whose pattern matches the beginning of `namespace/action`. */
export function surrounding(middleware: readonly JiraMiddleware[], route: string): JiraMiddleware[] {
  return middleware.filter((ring) => {
    const { pattern } = middlewareOptions(ring);
    if (pattern === undefined) return true;
    const { source, flags } = typeof pattern === 'string' ? new RegExp(pattern, 'u') : pattern;
    return new RegExp(`^(?:${source})`, flags.replaceAll(/[gy]/g, '')).test(route);
  });
}
