// The table of URL patterns and what they serve. It is filled once, at boot.

import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { match, parse, type MatchFunction } from 'path-to-regexp';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import type { Connection, Params } from '../../core/connections/connection.js';
import { validateInput, type InputType } from '../../policy/serialization/input.js';
import { RefusedHandshake, type HandshakeCheck } from '../../hooks/handshake-refusal.js';
import type { RawHandler } from './web-socket-route.decorator.js';

export interface RouteSpec {
  /** The class that declares it, for messages to developers. */
  readonly subject: string;
  readonly path: string;
  readonly params?: InputType;
  readonly check?: HandshakeCheck;
  /** The handler that owns the frames of this URL. */
  readonly raw?: RawHandler;
}

/** One pattern and everything it serves. */
export interface Route {
  readonly pattern: string;
  readonly subject: string;
  readonly params?: InputType;
  readonly checks: readonly HandshakeCheck[];
  readonly raw?: RawHandler;
}

interface Entry extends Route {
  readonly matches: MatchFunction<Record<string, string | string[]>>;
  readonly variables: number;
}

@Injectable()
export class RouteTable {
  private entries: Entry[] = [];

  get size(): number {
    return this.entries.length;
  }

  all(): readonly Route[] {
    return this.entries;
  }

  get(pattern: string): Route | undefined {
    return this.entries.find((entry) => entry.pattern === pattern);
  }

  /** @throws ConfigurationError if the pattern is invalid, or conflicts with an earlier route of the same pattern */
  add({ subject, path, params, check, raw }: RouteSpec): void {
    const { matches, variables } = compile(subject, path);
    const index = this.entries.findIndex(({ pattern }) => pattern === path);
    const other = this.entries[index];
    const checks = [...(other?.checks ?? []), ...(check ? [check] : [])];
    if (other && (other.raw || raw))
      throw new ConfigurationError(subject, `has the same path as ${other.subject}: "${path}".`, 'Give a raw handler a path of its own.'); // prettier-ignore
    if (other?.params && params && other.params !== params)
      throw new ConfigurationError(
        subject,
        `and ${other.subject} have different "params" for the path "${path}".`,
        'Use the same for both.',
      );
    const entry: Entry = { pattern: path, subject: other?.subject ?? subject, params: params ?? other?.params, checks, raw, matches, variables }; // prettier-ignore
    if (other) this.entries[index] = entry;
    else this.entries.push(entry);
    // `/thing/new` comes before `/thing/:id`, even if it was added later.
    this.entries.sort((a, b) => a.variables - b.variables);
  }

  /** The first route that matches this path. Parameters are not validated. */
  find(path: string): { route: Route; params: Params } | undefined {
    for (const entry of this.entries) {
      const found = matchOf(entry, path);
      if (found) return { route: entry, params: found.params };
    }
    return undefined;
  }
}

/**
 * Enters a connection into the route of its URL: validates the parameters and runs the handshake checks.
 *
 * @throws JiraException `UNKNOWN_PATH` if the parameters are invalid; RefusedHandshake if a check refuses
 */
export async function enterRoute(
  connection: Connection,
  { route, params }: { route: Route; params: Params },
  request: IncomingMessage,
): Promise<void> {
  connection.route = route.pattern;
  connection.params = await paramsOf(route, params);
  for (const check of route.checks) {
    const refusal = await check(request, connection.params, connection);
    if (refusal) throw new RefusedHandshake(refusal);
  }
}

export function unknownPath(): JiraException {
  return new JiraException('UNKNOWN_PATH', 'Unknown path.');
}

async function paramsOf(route: Route, params: Params): Promise<Params> {
  if (!route.params) return Object.freeze({ ...params });
  try {
    return (await validateInput(route.params, { ...params })) as Params;
  } catch (error) {
    if (error instanceof JiraException) throw unknownPath();
    throw error;
  }
}

function compile(subject: string, path: string): Pick<Entry, 'matches' | 'variables'> {
  try {
    if (!path.startsWith('/')) throw new TypeError('it must begin with "/"');
    const data = parse(path);
    return { matches: match(data), variables: path.split(/[:*]/).length - 1 };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(subject, `has the path "${path}": ${fault}.`, 'Write it as /thing/:id.');
  }
}

/** A path that cannot be decoded matches nothing. */
function matchOf({ matches }: Entry, path: string): { params: Params } | undefined {
  try {
    return matches(path) || undefined;
  } catch {
    return undefined;
  }
}
