import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, isTest, packageOf, readImports } from './imports.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly resolved?: string; readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

/** The folders in which Node looks for what a package imports. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/node_modules/');
  const folders = parts.map((_, index) => `${parts.slice(0, index + 1).join('/node_modules/')}/node_modules/`);
  return ['node_modules/', ...folders];
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

const root = readJson('package.json') as Manifest;
const lock = readJson('package-lock.json') as LockFile;
const workspaces = new Map(
  (root.workspaces ?? []).map((folder) => [folder, readJson(`${folder}/package.json`) as Manifest]),
);
const published = [...workspaces].filter(([, manifest]) => !manifest.private);

describe('the lock file', () => {
  // Two copies of any of these would each have their own classes, metadata or symbols, and `instanceof` would lie.
  it.each([
    'socket.io',
    'socket.io-client',
    'socket.io-parser',
    'typeorm',
    'reflect-metadata',
    'rxjs',
    'class-validator',
    'class-transformer',
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/websockets',
  ])('holds one copy of %s', (name) => {
    const copies = Object.keys(lock.packages).filter((path) => path.endsWith(`node_modules/${name}`));
    expect(copies).toEqual([`node_modules/${name}`]);
  });

  // `npm ci` refuses a lock file that lacks one. Cure: node .ci/complete-lock.mjs
  it('has an entry for the optional packages of every platform', () => {
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !foldersAbove(path).some((folder) => lock.packages[folder + name]),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('names public packages only, by the public registry', () => {
    const places = Object.values(lock.packages).map(({ resolved }) => resolved ?? '');
    const foreign = places.filter(
      (place) => /^https?:/.test(place) && !place.startsWith('https://registry.npmjs.org/'),
    );
    expect(foreign).toEqual([]);
  });
});

describe('the workspace', () => {
  it('publishes three packages', () => {
    const names = published.map(([, manifest]) => manifest.name).toSorted((a, b) => a.localeCompare(b));
    expect(names).toEqual(['nestjs-jira', 'nestjs-jira-client', 'nestjs-jira-protocol']);
  });

  it('keeps the versions of its packages in step', () => {
    expect(new Set([...workspaces.values()].map(({ version }) => version)).size).toBe(1);
  });

  it('asks for its own packages in exactly that version', () => {
    const versions = new Map([...workspaces.values()].map(({ name, version }) => [name, version]));
    const asked = [...workspaces].flatMap(([folder, manifest]) =>
      Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })
        .filter(([name]) => versions.has(name))
        .map(([name, range]) => ({ folder, name, range })),
    );
    expect(asked).not.toEqual([]);
    expect(asked.filter(({ name, range }) => range !== versions.get(name))).toEqual([]);
  });
});

describe.each(published)('the package in %s', (folder, manifest) => {
  const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  const imported = new Map<string, string>();
  for (const [file, specifiers] of readImports(`${folder}/src`)) {
    if (isTest(file)) continue;
    for (const name of specifiers.map(packageOf)) if (name !== undefined) imported.set(name, file);
  }

  it('declares every package it imports', () => {
    const missing = [...imported].filter(([name]) => !declared.has(name));
    expect(missing.map(([name, file]) => `${file} imports ${name}, which ${folder} does not declare`)).toEqual([]);
  });

  it('has Nest, TypeORM and their companions as peers, so that the application brings the one copy', () => {
    const peers = /^(@nestjs\/|typeorm$|socket\.io$|rxjs$|reflect-metadata$|class-|react$|vue$|svelte$|solid-js$)/;
    expect(Object.keys(manifest.dependencies ?? {}).filter((name) => peers.test(name))).toEqual([]);
  });
});
