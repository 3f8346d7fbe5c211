// The stock React project of Vite beside a server, outside of the workspace, and the server's types in it.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { examplesOf } from '../support/examples.js';
import { fencesOf } from '../support/markdown.js';
import { ROOT, type PackedPackages } from './workspace-copy.js';

const run = promisify(execFile);
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error'];
const GUIDE = 'docs/typescript.md';

export class ViteProject implements AsyncDisposable {
  private constructor(
    private readonly place: string,
    private readonly packages: PackedPackages,
  ) {}

  /** Makes the server as the guide has it; `create-vite` and npm make the front end. */
  static async create(packages: PackedPackages): Promise<ViteProject> {
    const project = new ViteProject(await mkdtemp(join(tmpdir(), 'jira-vite-')), packages);
    await project.addServer();
    await project.execute('npx', ['--yes', 'create-vite@9', 'web', '--template', 'react-ts', '--no-interactive'], '.');
    const archives = [packages.archiveOf('protocol'), packages.archiveOf('client')];
    await project.execute('npm', [...INSTALL, ...archives], 'web');
    return project;
  }

  /** The server's declarations, as the guide builds them. */
  buildApi(): Promise<string> {
    return this.execute('node', [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.api.json'], 'server');
  }

  /** The template's own build, its compiler included. Rejects with all it wrote if it fails. */
  async build(app: string): Promise<string> {
    await writeFile(join(this.place, 'web/src/App.tsx'), app);
    return this.execute('npm', ['run', 'build'], 'web');
  }

  /** All JavaScript of the last build. */
  async bundle(): Promise<string> {
    const page = await readFile(join(this.place, 'web/dist/index.html'), 'utf8');
    const script = /src="\/(assets\/[^"]+\.js)"/.exec(page)?.[1] ?? '';
    return readFile(join(this.place, 'web/dist', script), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.place, { recursive: true, force: true });
  }

  private async addServer(): Promise<void> {
    const nest = join(ROOT, 'node_modules/.bin/nest');
    const options = ['--skip-install', '--skip-git', '--strict', '--package-manager', 'npm'];
    await this.execute(nest, ['new', 'server', ...options], '.');
    const server = join(this.place, 'server');
    await mkdir(join(server, 'src'), { recursive: true });
    for (const { file, text } of examplesOf(GUIDE))
      if (file === 'issue.hook.ts' || file === 'api.ts') await writeFile(join(server, 'src', file), text);
    const config = fencesOf(await readFile(join(ROOT, GUIDE), 'utf8')).find(
      ({ info }) => info === 'file=tsconfig.api.json',
    );
    await writeFile(join(server, 'tsconfig.api.json'), config?.text ?? '');
    // What `npm install` would put there: the packages as they were packed, and their peers.
    const modules = join(dirname(dirname(this.packages.folderOf('jira'))), 'node_modules');
    await symlink(modules, join(server, 'node_modules'));
  }

  private async execute(program: string, args: readonly string[], folder: string): Promise<string> {
    try {
      const { stdout, stderr } = await run(program, [...args], { cwd: join(this.place, folder) });
      return stdout + stderr;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${[program, ...args].join(' ')} failed.\n${stdout}${stderr}`, { cause: error });
    }
  }
}
