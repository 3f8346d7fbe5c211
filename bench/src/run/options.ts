// Reads the command line into one complete, checked object.

import { parseArgs } from 'node:util';
import { DATABASES, type DatabaseName } from '../work/databases.js';
import type { BigOptions } from '../big/big.js';
import { ROW_NAMES, SERVERS, type RowName, type ServerName } from '../work/rows.js';

/**
 * How much work each server does for each row. Budgets are server CPU time: a busy machine takes longer, but measures
 * as much.
 */
export interface Plan {
  readonly rounds: number;
  readonly roundCpuMs: number;
  /** Time for the JIT compiler, whose threads count as the server's CPU time too. */
  readonly warmUpCpuMs: number;
  /** The latency row runs by the clock, at 20 writes a second. */
  readonly latencyMs: number;
  /** The memory row starts a process for each round. */
  readonly memoryRounds: number;
}

const FULL: Plan = { rounds: 5, roundCpuMs: 1000, warmUpCpuMs: 2500, latencyMs: 5000, memoryRounds: 3 };
const QUICK: Plan = { rounds: 2, roundCpuMs: 120, warmUpCpuMs: 300, latencyMs: 800, memoryRounds: 1 };
const CHECK: Plan = { rounds: 5, roundCpuMs: 400, warmUpCpuMs: 1500, latencyMs: 1000, memoryRounds: 1 };

export interface Options {
  readonly rows: readonly RowName[];
  readonly servers: readonly ServerName[];
  readonly plan: Plan;
  readonly database: DatabaseName;
  readonly quick: boolean;
  /** Compare with bounds.json instead of writing results. */
  readonly check: boolean;
  /** Write a CPU profile of each server's measured rounds into this folder. It slows them down. */
  readonly profile: string | undefined;
}

export const USAGE = `npm run bench -- [options]
  --quick              fewer and shorter rounds: under two minutes
  --check              four quick rows, ours against bare; fails if a ratio is below bounds.json
  --only <row,...>     of: ${ROW_NAMES.join(', ')}
  --servers <name,...> of: ${SERVERS.join(', ')} (bare always takes part: it is the measure)
  --database <name>    sqlite (in memory), postgres or mariadb (POSTGRES_URL, MARIADB_URL): a new database a server
  --rounds <n>         measured rounds of each server and row (5; quick: 2)
  --big                lists of a large table on PostgreSQL or MariaDB, against SQL written by hand
  --size <n>           of --big: how many issues there are (1500000)
  --verbose            of --big: print statements and plans too
  --profile <folder>   write a .cpuprofile of each server and row into this folder`;

const CHECKED: readonly RowName[] = ['retrieve', 'list', 'create-32', 'fanout-1000'];

/** Reads the options of `--big`; returns `undefined` without that flag. */
export function readBigOptions(args: readonly string[]): BigOptions | undefined {
  const { values } = parseArgs({ args: [...args], strict: false, options: BIG_OPTIONS });
  if (!values.big) return undefined;
  const { database, size, verbose } = parseArgs({ args: [...args], options: BIG_OPTIONS }).values;
  const [server] = names('--database', database, ['postgres', 'mariadb'] as const) ?? [];
  if (!/^[1-9]\d{3,7}$/.test(size)) throw new Error(`--size must be a number from 1000, not "${size}".`);
  return { database: server ?? 'postgres', size: Number(size), verbose };
}

const BIG_OPTIONS = {
  big: { type: 'boolean', default: false },
  database: { type: 'string', default: 'postgres' },
  size: { type: 'string', default: '1500000' },
  verbose: { type: 'boolean', default: false },
} as const;

export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      only: { type: 'string' },
      servers: { type: 'string' },
      rounds: { type: 'string' },
      profile: { type: 'string' },
      database: { type: 'string', default: 'sqlite' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const plan = values.check ? CHECK : values.quick ? QUICK : FULL;
  const [database = 'sqlite'] = names('--database', values.database, DATABASES) ?? [];
  const possible = database === 'sqlite' ? ROW_NAMES : ROW_NAMES.filter((name) => name !== 'latency');
  const all = database === 'sqlite' ? SERVERS : SERVERS.filter((name) => name !== 'feathers' && name !== 'limit');
  return {
    database,
    rows: names('--only', values.only, possible) ?? (values.check ? CHECKED : possible),
    servers: withBare(names('--servers', values.servers, all) ?? (values.check ? ['bare', 'jira'] : all)),
    plan: values.rounds === undefined ? plan : { ...plan, rounds: wholeNumber('--rounds', values.rounds) },
    quick: values.quick,
    check: values.check,
    profile: values.profile,
  };
}

function names<Name extends string>(
  option: string,
  value: string | undefined,
  known: readonly Name[],
): Name[] | undefined {
  if (value === undefined) return undefined;
  const given = value.split(',').map((name) => name.trim());
  const wrong = given.find((name) => !(known as readonly string[]).includes(name));
  if (wrong !== undefined) throw new Error(`${option} does not know "${wrong}". Use: ${known.join(', ')}.`);
  return known.filter((name) => given.includes(name));
}

function withBare(servers: readonly ServerName[]): readonly ServerName[] {
  return SERVERS.filter((name) => name === 'bare' || servers.includes(name));
}

function wholeNumber(option: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 100)
    throw new Error(`${option} must be a whole number from 1 to 100, not "${value}".`);
  return number;
}
