// An application as `nest new` makes it, outside of the workspace, with the packed packages and the README's hook in it.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { examplesOf } from '../support/examples.js';
import { PACKAGES, ROOT, type PackedPackages } from './workspace-copy.js';

const run = promisify(execFile);
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error'];

/** What the README tells to install, and Redis, beside our packages; sql.js needs no compiler on any version of Node. */
const COMPANIONS = [
  '@nestjs/platform-socket.io@^12.0.0',
  '@nestjs/typeorm@^12.0.0',
  '@nestjs/websockets@^12.0.0',
  'class-transformer@^0.5.1',
  'class-validator@^0.15.0',
  'redis@^6.0.0',
  'socket.io@4.8.3',
  'sql.js@^1.4.0',
  'typeorm@^1.1.0',
];

export class FreshApp implements AsyncDisposable {
  private constructor(
    private readonly place: string,
    readonly folder: string,
  ) {}

  static async create(packages: PackedPackages): Promise<FreshApp> {
    const place = await mkdtemp(join(tmpdir(), 'jira-fresh-'));
    const nest = join(ROOT, 'node_modules/.bin/nest');
    await run(nest, ['new', 'fresh', '--skip-install', '--skip-git', '--strict', '--package-manager', 'npm'], {
      cwd: place,
    });
    const app = new FreshApp(place, join(place, 'fresh'));
    await app.npm(...INSTALL, ...PACKAGES.map((name) => packages.archiveOf(name)), ...COMPANIONS);
    await app.addSources();
    return app;
  }

  npm(...args: string[]): Promise<string> {
    return this.execute('npm', args);
  }

  /** Runs a program of the application's own. Rejects with all it wrote if it fails. */
  bin(name: string, ...args: string[]): Promise<string> {
    return this.execute(join(this.folder, 'node_modules/.bin', name), args);
  }

  /** Runs a file of it on this version of Node. */
  async node(version: number, file: string): Promise<string> {
    return this.execute(await this.nodeOf(version), [file]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.place, { recursive: true, force: true });
  }

  private async addSources(): Promise<void> {
    for (const { file, text } of examplesOf('README.md')) {
      const onSqlJs = text.replace(`type: 'better-sqlite3', database: ':memory:'`, `type: 'sqljs'`);
      await writeFile(join(this.folder, 'src', file), onSqlJs);
    }
    // Kept as texts: they compile and run in the fresh application only.
    await cp(join(import.meta.dirname, 'fresh/use.ts.txt'), join(this.folder, 'src/use.ts'));
    await cp(join(import.meta.dirname, 'fresh/use.cjs.txt'), join(this.folder, 'use.cjs'));
  }

  /** The npm package `node` installs the program of a version. */
  private async nodeOf(version: number): Promise<string> {
    if (process.version.startsWith(`v${version}.`)) return process.execPath;
    const folder = join(this.place, `node-${version}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await run('npm', [...INSTALL, `node@${version}`], { cwd: folder });
    return join(folder, 'node_modules/node/bin/node');
  }

  private async execute(program: string, args: readonly string[]): Promise<string> {
    try {
      const { stdout, stderr } = await run(program, [...args], { cwd: this.folder });
      return stdout + stderr;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${[program, ...args].join(' ')} failed.\n${stdout}${stderr}`, { cause: error });
    }
  }
}
