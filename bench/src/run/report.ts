// Writes the figures as a table for people and as a file for programs.

import { loadavg } from 'node:os';
import { format } from 'prettier';
import { SERVERS, type ServerName } from '../work/rows.js';
import { describeMachine, versions } from './machine.js';
import type { Line } from './measure.js';
import { median, spread } from './statistics.js';

const HEADINGS: Readonly<Record<ServerName, string>> = {
  bare: 'bare socket.io + TypeORM',
  nest: 'Nest gateway by hand',
  feathers: 'FeathersJS 5 + knex',
  limit: 'limit of fan-out',
  ordinary: 'nestjs-jira without short ways',
  jira: 'nestjs-jira',
};

/** A server's figure divided by bare's of the same round; the median of all rounds. */
export function ratioOf(line: Line, server: ServerName): number | undefined {
  const bare = line.figures.bare;
  const figures = line.figures[server];
  if (bare === undefined || figures === undefined) return undefined;
  return median(figures.map((figure, round) => figure / (bare[round] ?? NaN)));
}

/** One line for the console. */
export function lineText(line: Line): string {
  const cells = SERVERS.filter((name) => line.figures[name] !== undefined).map((name) => `${name} ${cell(line, name)}`);
  return `${line.name.padEnd(17)} ${cells.join('  |  ')}`;
}

/** The text of results.md, formatted with Prettier. */
export function markdown(lines: readonly Line[], command: string, minutes: number): Promise<string> {
  const servers = SERVERS.filter((name) => lines.some((line) => line.figures[name] !== undefined));
  const table = [
    `| work | ${servers.map((name) => HEADINGS[name]).join(' | ')} |`,
    `|---|${servers.map(() => '---').join('|')}|`,
    ...lines.map((line) => `| ${work(line)} | ${servers.map((name) => cell(line, name)).join(' | ')} |`),
  ];
  const rounds = Math.max(...lines.map((line) => line.figures.bare?.length ?? 0));
  return format(
    `# What it costs

${table.join('\n')}

Each cell: the ratio to bare = 1.00 (the median of the rounds' ratios), then the median figure and its spread (half of the
distance between the best and the worst round). *Less is better* where it says so; everywhere else more is.

- Command: \`${command}\` (${Math.ceil(minutes)} minutes, up to ${rounds} rounds a server and row), written by it on ${new Date().toISOString().slice(0, 10)}.
- Machine: ${describeMachine()}; load average at the end ${loadavg()[1]?.toFixed(1)} (one run on a quiet machine makes about 2).
- Versions: ${versions().join(', ')}.

${METHOD}`,
    { parser: 'markdown', printWidth: 120 },
  );
}

export function json(lines: readonly Line[], command: string): string {
  const results = lines.map((line) => ({
    ...line,
    ratios: Object.fromEntries(SERVERS.map((name) => [name, ratioOf(line, name)])),
  }));
  const about = { command, date: new Date().toISOString(), machine: describeMachine(), versions: versions() };
  return `${JSON.stringify({ ...about, results }, null, 2)}\n`;
}

function work(line: Line): string {
  const less = line.better === 'less' ? ', *less is better*' : '';
  return `${line.title} (${line.unit}${less})`;
}

function cell(line: Line, server: ServerName): string {
  const figures = line.figures[server];
  if (figures === undefined) return '–';
  const figure = `${short(median(figures))} ±${Math.round(spread(figures) * 100)}%`;
  const ratio = ratioOf(line, server);
  return ratio === undefined ? figure : `${ratio.toFixed(2)} (${figure})`;
}

function short(value: number): string {
  if (value >= 100_000) return `${Math.round(value / 1000)}k`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)}k`;
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

const METHOD = `How far each row is from its goal, and what bounds it: [goals](goals.md).

## How it is measured

- Every server is a process of its own and does the same work on the same 1,000 rows in an SQLite database in memory.
  In each row all servers run at the same time and are asked in turns, for a fifth of a second each, until each
  has used its budget of CPU time; that is a round. Another server begins each round.
- Throughput counts *server CPU seconds*: what the operating system charged the server's process, all its threads, during the
  round. What the load generator, the other servers and the rest of the machine use does not count.
- The load generator is one more process for each server. It speaks bare Engine.IO and Socket.IO frames, without a
  client library, reads every answer and every announced row field by field, and counts them: one wrong, missing or doubled
  answer ends the run with exit code 1.
- Reads: 32 connections with one request in flight each. Writes: one writer, whose next write waits for the last subscriber.
- Memory: resident set after forced collections, before and after 3,000 subscribed connections, in a new process each time.
- Live lists: each of 1,000 clients shows the newest 20 of the open rows and their count. A write adds one, 20 a second at most, and the next waits
  until all clients show it. Of bare and FeathersJS each client asks for its page again when it is told of a row; of nestjs-jira it listens.
- Latency: from the moment SQLite is told to commit to the moment the generator has read the last of the 1,000 frames, 20 writes a
  second. Reading 1,000 sockets takes the generator some milliseconds itself, which are in all figures of that row.

The servers (\`bench/src/servers\`): **bare**, Socket.IO handlers over TypeORM with no validation at all; **Nest gateway**, the same
written as a gateway with DTOs and the \`ValidationPipe\`; **FeathersJS**, its knex adapter and channels; **limit**, no Socket.IO
server and no ORM: one prepared statement, one WebSocket frame built once and written to each TCP socket; **nestjs-jira** as a user would
run it: bearer-token authentication, a permission class, class-validator DTOs, an output view, \`visibility\`, and its observer.

## What it does not show

- A database over a network: SQLite in memory answers at once, so the library's share is as large as it can be. Its short ways
  past TypeORM are SQLite's alone: \`--database postgres\` or \`mariadb\` measures the others, and [goals](goals.md) says what came of it.
- Compression, polling transports, TLS, several nodes, slow clients: all sockets are open, quick, on loopback and uncompressed.
- The same guarantees: bare and the gateway announce after \`save()\` without looking at who may see the row or whether an outer
  transaction rolls back; on SQLite their concurrent saves share one transaction. None of the others announces an
  \`update()\` by criteria; in that row bare only writes.
- Absolute figures for your machine: take the ratios, or run it there.
`;
