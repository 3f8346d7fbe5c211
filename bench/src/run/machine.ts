// Describes the machine of a measurement, and checks that the machine allows it.

import { cpus, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import type { Row } from '../work/rows.js';

/** Processor, cores and memory, in one line. */
export function describeMachine(): string {
  const processors = cpus();
  const gigabytes = Math.round(totalmem() / 1024 ** 3);
  return `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${gigabytes} GiB, ${process.platform} ${process.arch}`;
}

const MEASURED_PACKAGES = [
  'nestjs-jira',
  'socket.io',
  'typeorm',
  'better-sqlite3',
  '@nestjs/core',
  '@nestjs/platform-socket.io',
  'class-validator',
  '@feathersjs/feathers',
  '@feathersjs/knex',
  'knex',
  'ws',
];

/** Name and version of each measured package, Node first. */
export function versions(): string[] {
  return [`node ${process.versions.node}`, ...MEASURED_PACKAGES.map((name) => `${name} ${versionOf(name)}`)];
}

/** Reads the file, because most packages do not export their package.json. */
function versionOf(name: string): string {
  for (const folder of ['../../node_modules/', '../../../node_modules/'])
    try {
      const text = readFileSync(new URL(`${folder}${name}/package.json`, import.meta.url), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // Not installed here: look in the workspace's root.
    }
  return 'unknown';
}

/** Allowance for the files a process has open besides its sockets. */
const OTHER_FILES = 100;

/** Throws if the system's limit on open files is too low for these rows. */
export function assertFilesAllowed(rows: readonly Row[]): void {
  const allowed = openFilesAllowed();
  const greedy = rows.filter((row) => row.sockets + OTHER_FILES > allowed);
  if (greedy.length === 0) return;
  const needed = Math.max(...greedy.map((row) => row.sockets)) + OTHER_FILES;
  throw new Error(
    `A process may open ${allowed} files here, and ${greedy.map((row) => row.name).join(', ')} need ${needed}. ` +
      `Raise the limit with "ulimit -n ${needed}", or leave these rows out with --only.`,
  );
}

function openFilesAllowed(): number {
  const report = process.report.getReport() as unknown as { userLimits?: { open_files?: { soft: number | string } } };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Infinity;
}
