import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPackages, PACKAGES, ROOT, type PackedPackages } from './workspace-copy.js';

const run = promisify(execFile);

let packages: PackedPackages;
beforeAll(async () => {
  packages = await packPackages();
}, 300_000);
afterAll(() => packages?.[Symbol.asyncDispose]());

/** Bytes of the archive, with room to grow: a jump wants to be looked at. */
const LARGEST = { protocol: 12_000, client: 86_000, jira: 720_000 };

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

describe.each(PACKAGES)('the package of libs/%s', (name) => {
  it('holds its code, types, readme and licence, and nothing else', () => {
    const paths = packages.packed[name].files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']),
    );
    const others = paths.filter(
      (path) =>
        !/^(LICENSE|README\.md|package\.json|dist\/.+(?<!\.spec)\.(js|d\.ts)|dist\/explorer\/(index\.html|explorer\.css))$/.test(
          path,
        ),
    );
    expect(others).toEqual([]);
  });

  it.runIf(name === 'jira')('holds the explorer’s page, whose files are at most 80 KB for a browser', async () => {
    const folder = join(packages.folderOf(name), 'dist/explorer');
    const files = await Promise.all(['index.html', 'explorer.js', 'explorer.css'].map((file) => readFile(join(folder, file)))); // prettier-ignore
    expect(files.reduce((sum, file) => sum + gzipSync(file).length, 0)).toBeLessThan(80_000);
  });

  it('is small', () => {
    const { size, unpackedSize } = packages.packed[name];
    expect(size, `${size} bytes packed, ${unpackedSize} unpacked`).toBeLessThan(LARGEST[name]);
  });

  it('has nothing publint objects to', async () => {
    const { messages, pkg } = await publint({ pkgDir: packages.folderOf(name), strict: true });
    expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
  });

  it('has types that all of its users find', async () => {
    const attw = join(ROOT, 'node_modules/.bin/attw');
    const { stdout } = await run(attw, [packages.archiveOf(name), '--profile', 'esm-only', '--format', 'json']);
    const { problems } = JSON.parse(stdout) as { problems?: Record<string, unknown> };
    // What concerns only resolution from CommonJS and of old Node versions is what the profile leaves out.
    expect(Object.keys(problems ?? {}).filter((kind) => !['CJSResolvesToESM', 'NoResolution'].includes(kind))).toEqual(
      [],
    );
  });

  it('exports names, no default, at every entry, and has no top-level await, so that require() can load it', async () => {
    const folder = packages.folderOf(name);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
    const files = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [] : target.default,
    );
    const script = `console.log(JSON.stringify(process.argv.slice(1).map((path) => Object.keys(require(path)))))`;
    const paths = files.map((file) => join(folder, file));
    const { stdout } = await run(process.execPath, ['-e', script, ...paths]);
    const names = JSON.parse(stdout) as readonly (readonly string[])[];
    expect(names).toHaveLength({ protocol: 1, client: 8, jira: 9 }[name]);
    for (const one of names) {
      expect(one.length).toBeGreaterThan(0);
      expect(one).not.toContain('default');
    }
  });

  it('has a licence of its own that is the repository’s', async () => {
    expect(existsSync(join(ROOT, 'libs', name, 'LICENSE'))).toBe(true);
    expect(await readFile(join(ROOT, 'libs', name, 'LICENSE'), 'utf8')).toBe(
      await readFile(join(ROOT, 'LICENSE'), 'utf8'),
    );
  });
});
