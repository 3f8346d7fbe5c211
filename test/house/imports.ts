// What each source file imports, as the compiler reads it: static and dynamic imports, re-exports, `import type`.

import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

export const ROOT = join(import.meta.dirname, '../..');

/** Import specifiers by file; relative ones are resolved to the imported file's path from the root. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Reads the TypeScript files under a folder of the workspace (its path from the root). */
export function readImports(folder: string): ImportGraph {
  const graph = new Map<string, readonly string[]>();
  for (const path of sourceFiles(join(ROOT, folder))) {
    const file = relative(ROOT, path).split(sep).join('/');
    graph.set(file, importsOf(file, readFileSync(path, 'utf8')));
  }
  return graph;
}

/** What a file with this text imports. */
export function importsOf(file: string, text: string): readonly string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => resolve(file, fileName));
}

function resolve(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(dirname(file), specifier).replace(/\.js(x?)$/, '.ts$1');
}

/** Specs and type tests may use parts of any layer. */
export function isTest(file: string): boolean {
  return /\.(spec|test-d)\.tsx?$/.test(file);
}

export function isRelative(file: string): boolean {
  return file.includes('/') && /\.tsx?$/.test(file);
}

/** `@nestjs/core/internal` → `@nestjs/core`; `node:fs` → undefined. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('node:') || isRelative(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[\\/](dist|node_modules)[\\/]/.test(path));
}
