// The application of the tutorial: made by Nest's own generator, outside of the workspace, and then by the tutorial's steps.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { builtExample } from '../example/built-example.js';
import { freePort } from '../support/free-port.js';
import { plainEnvironment } from '../support/plain-environment.js';
import { examplesOf } from '../support/examples.js';
import { fencesOf } from '../support/markdown.js';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENT = 'docs/tutorial.md';
const NEW = /^npx @nestjs\/cli new (\w+) && cd \1$/;

export class TutorialApp implements AsyncDisposable {
  readonly url: string;
  private process?: ChildProcess;

  private constructor(
    private readonly place: string,
    private readonly folder: string,
    private readonly port: number,
  ) {
    this.url = `http://localhost:${port}`;
  }

  /** Does what the tutorial says up to `npm run start`, its packages being the workspace's. */
  static async create(): Promise<TutorialApp> {
    await builtExample();
    const place = await mkdtemp(join(tmpdir(), 'jira-tutorial-'));
    return TutorialApp.createIn(place, join(ROOT, 'node_modules'), join(ROOT, 'node_modules'));
  }

  /**
   * The same in a folder, which is removed at the end.
   *
   * @param tools the `node_modules` with the `nest` that makes it
   * @param modules its packages
   */
  static async createIn(place: string, tools: string, modules: string): Promise<TutorialApp> {
    const [first = '', ...rest] = await commands();
    const [, name = ''] = NEW.exec(first) ?? [];
    await generate(name, place, tools);
    const app = new TutorialApp(place, join(place, name), await freePort());
    await symlink(modules, join(app.folder, 'node_modules'));
    for (const command of rest.filter(isBefore)) await app.run(command);
    for (const { file, text } of examplesOf(DOCUMENT)) await writeFile(join(app.folder, 'src', file), text);
    await app.run('npm run build');
    return app;
  }

  async start(): Promise<void> {
    const env = { ...process.env, PORT: String(this.port) };
    const child = spawn(process.execPath, ['dist/main.js'], {
      cwd: this.folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (text: Buffer): void => {
        output += text.toString();
        if (output.includes('successfully started')) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => reject(new Error(`The tutorial's application ended with ${code}.\n${output}`)));
    });
  }

  async stop(): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  }

  /** `npm test`, as the tutorial ends. Rejects with what it wrote if it fails. */
  async test(): Promise<string> {
    // The generator's plugin for aliases is not among the workspace's packages; vite can do without.
    const config = join(this.folder, 'vitest.config.ts');
    const text = await readFile(config, 'utf8');
    const plain = text.replace(/^import tsconfigPaths .*$/m, '').replace('plugins: [tsconfigPaths()],', '');
    await writeFile(config, plain);
    return this.run('npm test');
  }

  /** Vitest, as the tutorial ends where the generator has not set it up. */
  testByVitest(): Promise<string> {
    return this.run('node node_modules/vitest/vitest.mjs run');
  }

  /** `npm run lint`, as the generator set it up: what it says. */
  lint(): Promise<string> {
    return this.run('npm run lint');
  }

  /** Compiles examples of documents as sources of the application, its declarations included; says what is wrong. */
  async faultsOf(documents: readonly string[]): Promise<string> {
    const folder = join(this.folder, 'examples');
    for (const { document, file, text } of documents.flatMap((one) => examplesOf(one))) {
      await mkdir(join(folder, document), { recursive: true });
      await writeFile(join(folder, document, file), `${text}\nexport {};\n`);
    }
    // Preact's compatibility layer is typed as React is, and is among the workspace's packages.
    const paths = { react: ['./node_modules/preact/compat/src/index.d.ts'] };
    const compilerOptions = {
      outDir: './declared',
      rootDir: './examples',
      lib: ['ES2023', 'DOM'],
      jsx: 'react-jsx',
      jsxImportSource: 'preact',
      paths,
    };
    const config = { extends: './tsconfig.json', compilerOptions, include: ['examples'] };
    await writeFile(join(this.folder, 'tsconfig.examples.json'), JSON.stringify(config));
    const faults = await this.run('node_modules/.bin/tsc -p tsconfig.examples.json || true');
    await rm(folder, { recursive: true });
    return faults;
  }

  /** A module of the built application, in either format. */
  require(file: string): unknown {
    return createRequire(import.meta.url)(join(this.folder, 'dist', file));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.place, { recursive: true, force: true });
  }

  private async run(command: string): Promise<string> {
    return succeeded(
      promisify(execFile)('sh', ['-c', command], { cwd: this.folder, env: plainEnvironment() }),
      command,
    );
  }
}

/** The tutorial's shell commands, one a line. */
async function commands(): Promise<string[]> {
  const markdown = await readFile(join(ROOT, DOCUMENT), 'utf8');
  const shell = fencesOf(markdown).filter(({ language }) => language === 'sh');
  const lines = shell.flatMap(({ text }) =>
    text
      .replaceAll(/\\\n\s*/g, '')
      .trim()
      .split('\n'),
  );
  if (!NEW.test(lines[0] ?? '')) throw new Error(`The tutorial begins with "${lines[0]}".`);
  return lines;
}

/** What is run at once: packages are the workspace's, and the test comes last. */
function isBefore(command: string): boolean {
  return !command.startsWith('npm install ') && command !== 'npm test';
}

async function generate(name: string, place: string, tools: string): Promise<void> {
  const args = ['new', name, '--skip-install', '--skip-git', '--package-manager', 'npm'];
  await succeeded(promisify(execFile)(join(tools, '.bin/nest'), args, { cwd: place }), 'nest new');
}

async function succeeded(work: Promise<{ stdout: string; stderr: string }>, what: string): Promise<string> {
  try {
    const { stdout, stderr } = await work;
    return stripVTControlCharacters(stdout + stderr);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${what} failed.\n${stdout}${stderr}`, { cause: error });
  }
}
