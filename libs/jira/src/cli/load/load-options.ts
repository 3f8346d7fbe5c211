// The command-line options of `nestjs-jira load`.

import { parseArgs } from 'node:util';

export interface LoadOptions {
  readonly url: string;
  readonly hook: string;
  readonly tokens: readonly string[];
  readonly connections: number;
  /** New connections per second. */
  readonly ramp: number;
  /** Subscriptions per connection. */
  readonly subscriptions: number;
  readonly filter: Readonly<Record<string, unknown>>;
  /** Writes per second, over all connections. */
  readonly writes: number;
  readonly action: string;
  /** Data of a write, as JSON text; `{n}` stands for the number of the write. */
  readonly data: string;
  readonly durationMs: number;
  readonly isJson: boolean;
}

export const LOAD_USAGE = `Usage:
  nestjs-jira load <url> --hook <namespace> [options]   puts load on a running server, and measures it

  --hook <namespace>     the hook to subscribe to and to write with
  --token <token>        of the handshake; several times for several users, who take turns
  --connections <n>      default 10
  --ramp <n>             new connections a second, default 40: a server admits 50 from one address
  --subscriptions <n>    of each connection, default 1
  --filter <json>        of the subscriptions, default {}
  --writes <n>           a second, of all connections together, default 0
  --action <name>        what writes, default create
  --data <json>          what they send; {n} stands for the number of the write. Rows stay in your database
  --seconds <n>          how long to write, default 10
  --json                 prints the result as JSON`;

/** @throws Error that names the option at fault */
export function loadOptions(args: readonly string[]): LoadOptions | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      hook: { type: 'string' },
      token: { type: 'string', multiple: true, default: [] },
      connections: { type: 'string', default: '10' },
      ramp: { type: 'string', default: '40' },
      subscriptions: { type: 'string', default: '1' },
      filter: { type: 'string', default: '{}' },
      writes: { type: 'string', default: '0' },
      action: { type: 'string', default: 'create' },
      data: { type: 'string', default: '{}' },
      seconds: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const [url] = positionals;
  if (url === undefined || !/^(https?|wss?):\/\//.test(url))
    throw new Error('Name the server: nestjs-jira load http://localhost:3000 --hook issues');
  if (values.hook === undefined) throw new Error('Name the hook: --hook issues');
  objectOf(values.data.replaceAll('{n}', '0'), 'data');
  return {
    url,
    hook: values.hook,
    tokens: values.token,
    connections: numberOf(values.connections, 'connections', 1),
    ramp: numberOf(values.ramp, 'ramp', 1),
    subscriptions: numberOf(values.subscriptions, 'subscriptions', 0),
    filter: objectOf(values.filter, 'filter'),
    writes: numberOf(values.writes, 'writes', 0),
    action: values.action,
    data: values.data,
    durationMs: numberOf(values.seconds, 'seconds', 1) * 1_000,
    isJson: values.json,
  };
}

function numberOf(text: string, name: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new Error(`--${name} ${text}: use an integer from ${least} on.`);
  return value;
}

function objectOf(text: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Reported below.
  }
  throw new Error(`--${name} ${text}: use a JSON object.`);
}
