// Builds the example when it is missing or older than its sources; several test files may ask at once.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const SOURCES = [
  'libs/protocol/src',
  'libs/client/src',
  'libs/jira/src',
  'apps/example/src',
  'apps/example/web',
  'apps/explorer',
];
/** The last thing the build writes. */
const RESULT = join(ROOT, 'apps/example/dist/web/index.html');
/** A folder, because making one either succeeds or tells that somebody else was first. */
const LOCK = join(ROOT, 'node_modules/.build-example.lock');
/** Longer than a build takes: whoever made an older lock is gone. */
const LOCK_EXPIRES_MS = 120_000;
const POLL_MS = 100;

/** The program to start, built from the present sources. */
export async function builtExample(): Promise<string> {
  while (!isCurrent()) {
    if (!takeLock()) {
      await delay(POLL_MS);
      continue;
    }
    try {
      if (!isCurrent()) await build();
    } finally {
      rmdirSync(LOCK);
    }
  }
  return join(ROOT, 'apps/example/dist/main.js');
}

async function build(): Promise<void> {
  try {
    await promisify(execFile)('npm', ['run', 'build:example'], { cwd: ROOT });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`The example cannot be built.\n${stdout}${stderr}`, { cause: error });
  }
}

function isCurrent(): boolean {
  return existsSync(RESULT) && SOURCES.every((folder) => newest(join(ROOT, folder)) <= statSync(RESULT).mtimeMs);
}

/** When the folder's sources were last written, tests not counted. */
function newest(folder: string): number {
  const times = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(spec|test-d)\.tsx?$/.test(entry.name))
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return Math.max(0, ...times);
}

function takeLock(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    const since = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > LOCK_EXPIRES_MS) rmdirSync(LOCK);
    return false;
  }
}
