// The end-to-end tests of the library once more, on another database: the same files, not a copy of them.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runOn, type DatabaseType } from '../support/databases.js';

/** Rooms whose tests make their applications with `createTestApp`. Others ask for all databases by themselves. */
const ROOMS = ['main', 'djira', 'observers', 'lifecycle'];

/** Defines their tests within the suite that is being defined. */
export async function runEverythingOn(database: DatabaseType | 'sqljs'): Promise<void> {
  runOn(database);
  for (const room of ROOMS) {
    const folder = join(import.meta.dirname, '..', room);
    const names = existsSync(folder) ? readdirSync(folder) : [];
    for (const name of names.filter((one) => one.endsWith('.test.ts'))) await import(join(folder, name));
  }
}
