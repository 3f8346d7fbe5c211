// Limits that differ from connection to connection: by plan, by tenant.

import type { Connection } from '../connections/connection.js';
import { ProblemLog } from '../errors/problem-log.js';
import { meant } from '../support/nearest-name.js';
import { CONNECTION_LIMITS, type ConnectionLimits, type Limits } from './limits.js';

/** Returns the limits of one connection. Called once per connection, when its user is known. The rest is as in `limits`. */
export type LimitsOf = (connection: Connection) => Partial<ConnectionLimits>;

/** Injection token of the application's `limitsOf`, which is optional. */
export const LIMITS_OF = Symbol('jira limits of a connection');

/** A limit of a connection: its own value, else that of `limits`. */
export function limitOf<Name extends keyof ConnectionLimits>(
  connection: Connection,
  limits: Pick<Limits, Name>,
  name: Name,
): number {
  return connection.ownLimits?.[name] ?? limits[name];
}

const problems = new ProblemLog();

/** Sets the connection's own limits. If `limitsOf` fails or returns invalid limits, logs why and keeps the default ones. */
export function setOwnLimits(connection: Connection, limitsOf: LimitsOf | undefined): void {
  if (!limitsOf) return;
  try {
    const own: unknown = limitsOf(connection);
    const fault = faultOf(own);
    if (fault !== undefined) throw new TypeError(fault);
    connection.ownLimits = { ...(own as Partial<ConnectionLimits>) };
  } catch (error) {
    problems.error('limitsOf failed', `limitsOf failed: connection ${connection.id} has the default limits`, error);
  }
}

function faultOf(own: unknown): string | undefined {
  if (typeof own !== 'object' || own === null) return `It returned ${String(own)}. Return an object of limits.`;
  if (own instanceof Promise)
    return 'It returned a promise. Return the limits at once: read them while you authenticate.';
  for (const [name, value] of Object.entries(own)) {
    if (!(CONNECTION_LIMITS as readonly string[]).includes(name))
      return `It returned an unknown limit "${name}". ${meant(name, CONNECTION_LIMITS)}`;
    if (!Number.isInteger(value) || (value as number) < 1)
      return `It returned ${name} = ${String(value)}. Use a positive integer.`;
  }
  return undefined;
}
