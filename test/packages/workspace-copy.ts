// The packages as `npm pack` makes them, from a copy of the sources: nothing stale gets in, nobody's build is disturbed.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = join(import.meta.dirname, '../..');
export const PACKAGES = ['protocol', 'client', 'jira'] as const;
export type PackageFolder = (typeof PACKAGES)[number];

const run = promisify(execFile);

/** What `npm pack --json` says of a package. */
export interface Packed {
  readonly name: string;
  readonly filename: string;
  /** Bytes of the archive. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

export interface PackedPackages extends AsyncDisposable {
  /** Folder of the sources that were packed, by package. */
  folderOf(name: PackageFolder): string;
  readonly packed: Readonly<Record<PackageFolder, Packed>>;
  /** Where its archive is. */
  archiveOf(name: PackageFolder): string;
}

/** Builds and packs the three packages. Takes as long as a clean build. */
export async function packPackages(): Promise<PackedPackages> {
  const folder = await mkdtemp(join(tmpdir(), 'jira-pack-'));
  await copySources(folder);
  const packed: Partial<Record<PackageFolder, Packed>> = {};
  for (const name of PACKAGES) packed[name] = await pack(join(folder, 'libs', name), folder);
  return {
    packed: packed as Record<PackageFolder, Packed>,
    folderOf: (name) => join(folder, 'libs', name),
    archiveOf: (name) => join(folder, packed[name]?.filename ?? ''),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function pack(folder: string, destination: string): Promise<Packed> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', destination], { cwd: folder });
  // What the build prints comes first.
  const report = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as
    readonly Packed[] | Readonly<Record<string, Packed>>;
  const [packed] = Object.values(report);
  if (!packed) throw new Error(`npm packed nothing: ${stdout}`);
  return packed;
}

async function copySources(folder: string): Promise<void> {
  for (const file of ['package.json', 'tsconfig.base.json']) await cp(join(ROOT, file), join(folder, file));
  for (const name of PACKAGES)
    await cp(join(ROOT, 'libs', name), join(folder, 'libs', name), {
      recursive: true,
      filter: (path) => !['dist', 'node_modules'].includes(basename(path)),
    });
  // The package holds the explorer's page.
  await cp(join(ROOT, 'apps/explorer'), join(folder, 'apps/explorer'), {
    recursive: true,
    filter: (path) => basename(path) !== 'node_modules',
  });
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name.startsWith('nestjs-jira')) continue;
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  for (const name of PACKAGES)
    await symlink(join(folder, 'libs', name), join(modules, name === 'jira' ? 'nestjs-jira' : `nestjs-jira-${name}`));
}
