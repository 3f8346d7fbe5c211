// An application as `nest new` makes it, outside of the workspace, with the packed packages and the README's hook in it.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { examplesOf } from '../support/examples.js';
import { BUILDERS } from './builder-project.js';
import { PACKAGES, ROOT, type PackedPackages } from './workspace-copy.js';

const run = promisify(execFile);
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error'];

/** A major version of Nest, and what it is used with. */
export type NestMajor = 11 | 12;
const TYPEORM: Readonly<Record<NestMajor, string>> = { 11: '^0.3.25', 12: '^1.1.0' };
const REDIS: Readonly<Record<NestMajor, string>> = { 11: '^5.0.0', 12: '^6.0.0' };

/** What the README tells to install, and Redis, beside our packages; sql.js needs no compiler on any version of Node. */
const companionsOf = (major: NestMajor): string[] => [
  `@nestjs/platform-socket.io@^${major}.0.0`,
  `@nestjs/typeorm@^${major}.0.0`,
  `@nestjs/websockets@^${major}.0.0`,
  'class-transformer@^0.5.1',
  'class-validator@^0.15.0',
  `redis@${REDIS[major]}`,
  'socket.io@4.8.3',
  'sql.js@^1.4.0',
  `typeorm@${TYPEORM[major]}`,
];

/** What `nest new` 11 adds for linting and testing, which nothing here uses: most of its 700 packages. */
const UNUSED = /eslint|prettier|jest|supertest|globals|ts-loader|ts-node|tsconfig-paths|source-map|cli$|schematics$/;

export class FreshApp implements AsyncDisposable {
  private constructor(
    readonly place: string,
    readonly folder: string,
  ) {}

  static async create(packages: PackedPackages): Promise<FreshApp> {
    const app = await FreshApp.generate(ROOT);
    await app.npm(...INSTALL, ...PACKAGES.map((name) => packages.archiveOf(name)), ...companionsOf(12), ...BUILDERS);
    await app.addSources();
    // Kept as texts: they compile and run in the fresh application only.
    await cp(join(import.meta.dirname, 'fresh/use.ts.txt'), join(app.folder, 'src/use.ts'));
    await cp(join(import.meta.dirname, 'fresh/types.ts.txt'), join(app.folder, 'test/types.ts'));
    return app;
  }

  /** As `nest new` 11 makes it: CommonJS, TypeScript 5, and TypeORM 0.3. Its tools are in the folder above. */
  static async createOlder(packages: PackedPackages): Promise<FreshApp> {
    const tools = await mkdtemp(join(tmpdir(), 'jira-older-'));
    await writeFile(join(tools, 'package.json'), '{ "private": true }');
    await run('npm', [...INSTALL, '@nestjs/cli@^11.0.0', 'typescript@~5.9.0'], { cwd: tools });
    const app = await FreshApp.generate(tools, tools);
    const path = join(app.folder, 'package.json');
    const manifest = JSON.parse(await readFile(path, 'utf8')) as { devDependencies: Record<string, string> };
    const kept = Object.entries(manifest.devDependencies).filter(([name]) => !UNUSED.test(name));
    await writeFile(path, JSON.stringify({ ...manifest, devDependencies: Object.fromEntries(kept) }));
    await app.npm(...INSTALL, ...PACKAGES.map((name) => packages.archiveOf(name)), ...companionsOf(11));
    await app.addSources();
    await cp(join(import.meta.dirname, 'fresh/types.ts.txt'), join(app.folder, 'test/types.ts'));
    return app;
  }

  /** @param tools the folder whose `nest` makes it */
  private static async generate(tools: string, parent?: string): Promise<FreshApp> {
    const place = parent ?? (await mkdtemp(join(tmpdir(), 'jira-fresh-')));
    const args = ['new', 'fresh', '--skip-install', '--skip-git', '--strict', '--package-manager', 'npm'];
    await run(join(tools, 'node_modules/.bin/nest'), args, { cwd: place });
    return new FreshApp(place, join(place, 'fresh'));
  }

  npm(...args: string[]): Promise<string> {
    return this.execute('npm', args);
  }

  /** Runs a program of the application's own. Rejects with all it wrote if it fails. */
  bin(name: string, ...args: string[]): Promise<string> {
    return this.execute(join(this.folder, 'node_modules/.bin', name), args);
  }

  /** Compiles by the TypeScript of this name among its packages. What it writes, also if it finds faults. */
  tsc(typescript: string, ...args: string[]): Promise<string> {
    const program = join(this.folder, 'node_modules', typescript, 'bin/tsc');
    return this.execute(process.execPath, [program, ...args]).catch(String);
  }

  /** Runs a program of the folder above, where the tools of an older application are. */
  tool(name: string, ...args: string[]): Promise<string> {
    return this.execute(join(this.place, 'node_modules/.bin', name), args);
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
