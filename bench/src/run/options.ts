// The command line, as one complete and checked object.

import { parseArgs } from 'node:util';
import { ROW_NAMES, SERVERS, type RowName, type ServerName } from '../work/rows.js';

/** How much is done of each row, by each server. Budgets are server CPU time, so that a busy machine takes longer instead of measuring less. */
export interface Plan {
  readonly rounds: number;
  readonly roundCpuMs: number;
  /** Until the compiler has seen enough: its threads are charged to the server too. */
  readonly warmUpCpuMs: number;
  /** The latency row goes by the clock, 20 writes a second. */
  readonly latencyMs: number;
  /** The memory row starts a process a round. */
  readonly memoryRounds: number;
}

const FULL: Plan = { rounds: 5, roundCpuMs: 1000, warmUpCpuMs: 2500, latencyMs: 5000, memoryRounds: 3 };
const QUICK: Plan = { rounds: 2, roundCpuMs: 120, warmUpCpuMs: 300, latencyMs: 800, memoryRounds: 1 };
const CHECK: Plan = { rounds: 5, roundCpuMs: 400, warmUpCpuMs: 1500, latencyMs: 1000, memoryRounds: 1 };

export interface Options {
  readonly rows: readonly RowName[];
  readonly servers: readonly ServerName[];
  readonly plan: Plan;
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
  --rounds <n>         measured rounds of each server and row (5; quick: 2)
  --profile <folder>   write a .cpuprofile of each server and row into this folder`;

const CHECKED: readonly RowName[] = ['retrieve', 'list', 'create-32', 'fanout-1000'];

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
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const plan = values.check ? CHECK : values.quick ? QUICK : FULL;
  return {
    rows: names('--only', values.only, ROW_NAMES) ?? (values.check ? CHECKED : ROW_NAMES),
    servers: withBare(names('--servers', values.servers, SERVERS) ?? (values.check ? ['bare', 'jira'] : SERVERS)),
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
