// An application in the folder of a fresh one, for each tool that people build and run with.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { plainEnvironment } from '../support/plain-environment.js';
import type { FreshApp } from './fresh-app.js';
import { ROOT } from './workspace-copy.js';

const run = promisify(execFile);
const SOURCES = join(import.meta.dirname, 'fresh/builders');

/** What is installed beside what `nest new` brings. */
export const BUILDERS: readonly string[] = [
  '@rspack/core@^2.3.0',
  '@swc/cli@^0.8.0',
  '@swc/core@^1.16.0',
  '@types/jest@^30.0.0',
  'esbuild@^0.28.0',
  'jest@^30.0.0',
  'ts-jest@^29.4.0',
  'tsconfig-paths-webpack-plugin@^4.2.0',
  'tsx@^4.23.0',
  'typescript-5@npm:typescript@~5.9.0',
  'typescript-7@npm:typescript@^7.0.0',
  'webpack-node-externals@^3.0.0',
];

/** Peers of entries whose types are compiled; the workspace's will do. */
const PEERS = ['@nestjs/terminus', '@opentelemetry/api', '@tanstack/db', '@types/react', 'prom-client', 'react', 'solid-js', 'svelte', 'vue']; // prettier-ignore

/** Their own declarations do not stand these options. */
const UNSOUND = /node_modules\/(@tanstack\/db|svelte)\//;

const JEST = {
  rootDir: 'src',
  testRegex: '\\.spec\\.ts$',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true }] },
};
const VITEST = `export default { test: { globals: true, root: '.', include: ['src/*.spec.ts'] } };`;

/** What plain esbuild needs to be told, and tsx: it leaves types out. */
const NAMED: readonly (readonly [string, string])[] = [
  ['import { Injectable }', 'import { Inject, Injectable }'],
  ['(private readonly journal: Journal)', '(@Inject(Journal) private readonly journal: Journal)'],
  [`@Action({ methods: ['POST'] })`, `@Action({ methods: ['POST'], input: NoteInput })`],
  [`@OnMessage('ask')`, `@OnMessage('ask', { input: NoteInput })`],
];

export class BuilderProject {
  private constructor(
    private readonly app: FreshApp,
    private readonly folder: string,
  ) {}

  static async create(app: FreshApp): Promise<BuilderProject> {
    const folder = join(app.folder, 'built');
    for (const file of ['nest-cli.json', 'tsconfig.build.json']) await cp(join(app.folder, file), join(folder, file));
    const tsconfig = await readFile(join(app.folder, 'tsconfig.json'), 'utf8');
    const files = {
      'package.json': JSON.stringify({ private: true, type: 'module' }),
      'tsconfig.json': tsconfig.replace(/"types": .*/, '"types": ["node", "jest"]'),
      'jest.config.json': JSON.stringify(JEST),
      'vitest.config.js': VITEST,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    // rspack bundles what it does not find here.
    await symlink(join(app.folder, 'node_modules'), join(folder, 'node_modules'));
    for (const place of ['src', 'named']) await mkdir(join(folder, place));
    for (const name of await readdir(SOURCES)) {
      const text = await readFile(join(SOURCES, name), 'utf8');
      await writeFile(join(folder, 'src', name.replace(/\.txt$/, '')), text);
      const named = NAMED.reduce((result, [from, to]) => result.replaceAll(from, to), text);
      await writeFile(join(folder, 'named', name.replace(/\.txt$/, '')), named);
    }
    return new BuilderProject(app, folder);
  }

  /** Runs a program of the application's, which has to succeed. What it writes. */
  async bin(name: string, ...args: string[]): Promise<string> {
    return this.execute(join(this.app.folder, 'node_modules/.bin', name), args);
  }

  /** What `main` says when Node runs it: what the application did, or why it did not start. */
  async node(file: string): Promise<unknown> {
    return saidIn(await this.execute(process.execPath, [file]));
  }

  private async execute(program: string, args: readonly string[]): Promise<string> {
    const env = { ...plainEnvironment(), NODE_OPTIONS: program.endsWith('jest') ? '--experimental-vm-modules' : '' };
    try {
      const { stdout, stderr } = await run(program, [...args], { cwd: this.folder, env });
      return stripVTControlCharacters(stdout + stderr);
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${[program, ...args].join(' ')} failed.\n${stdout}${stderr}`, { cause: error });
    }
  }
}

/** What the application said amid what a tool writes. */
export function saidIn(output: string): unknown {
  const line = output.split('\n').find((one) => /^\s*(\{|ConfigurationError)/.test(one)) ?? output;
  return line.trim().startsWith('{') ? JSON.parse(line) : line.trim();
}

/** Puts packages of the workspace beside those of the application; without names the peers of all entries, for the compiler. */
export async function linkPackages(app: FreshApp, names: readonly string[] = PEERS): Promise<void> {
  for (const name of names) {
    const place = join(app.folder, 'node_modules', name);
    await mkdir(dirname(place), { recursive: true });
    if (!existsSync(place)) await symlink(join(ROOT, 'node_modules', name), place);
  }
}

/** The errors that a compiler wrote, but for those in declarations that are not ours to mend. */
export function typeErrorsIn(output: string): string[] {
  return output.split('\n').filter((line) => /error TS/.test(line) && !UNSOUND.test(line));
}
