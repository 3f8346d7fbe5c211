// `nestjs-jira new hook issues`: writes the files of a hook into the application in the working folder.

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { entityOf, hookFiles, type HookStyle } from './hook-files.js';

const USAGE = `Usage:
  nestjs-jira new hook <namespace> [--entity <Class>] [--out <folder>]

Writes an entity, DTOs, a view, a hook and a test to src/<namespace>. No file is overwritten.`;

/** @returns the exit code */
export async function newCommand(args: string[], root = process.cwd()): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { entity: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [kind, namespace] = positionals;
  if (values.help || kind !== 'hook' || namespace === undefined) {
    (values.help ? process.stdout : process.stderr).write(`${USAGE}\n`);
    return values.help ? 0 : 2;
  }
  const entity = values.entity ?? entityOf(namespace);
  assertNames(namespace, entity);
  const folder = join(root, values.out ?? `src/${namespace}`);
  const files = hookFiles({ namespace, entity }, await styleOf(root)).map(({ name, text }) => ({
    path: join(folder, name),
    text,
  }));
  const existing = files.find(({ path }) => existsSync(path));
  if (existing) throw new Error(`${relative(root, existing.path)} exists. Delete it, or choose another --out.`);
  await mkdir(folder, { recursive: true });
  for (const { path, text } of files) await writeFile(path, text);
  const names = files.map(({ path }) => `  ${relative(root, path)}\n`).join('');
  process.stdout.write(
    `Wrote\n${names}Add ${entity}Hook to the providers of a module, and ${entity} to its entities.\n`,
  );
  return 0;
}

function assertNames(namespace: string, entity: string): void {
  if (!/^[a-z][a-z0-9-]*$/i.test(namespace))
    throw new Error(`"${namespace}" is not a namespace. Use letters, digits and "-", such as "issues".`);
  if (!/^[A-Z][A-Za-z0-9]*$/.test(entity))
    throw new Error(`"${entity}" is not the name of a class. Name it: --entity Issue.`);
}

/** Reads from package.json how the application imports files and what it tests with. */
async function styleOf(root: string): Promise<HookStyle> {
  const path = join(root, 'package.json');
  if (!existsSync(path)) throw new Error(`${root} has no package.json. Run this in the folder of a Nest application.`);
  const manifest = JSON.parse(await readFile(path, 'utf8')) as {
    readonly type?: string;
    readonly devDependencies?: Readonly<Record<string, string>>;
  };
  return { isModule: manifest.type === 'module', usesVitest: !('jest' in (manifest.devDependencies ?? {})) };
}
