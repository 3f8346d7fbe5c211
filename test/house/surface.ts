// What the package exports, as the compiler sees it, and what docs/api.md says of each name.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './imports.js';

/** What an import finds, by entry (`nestjs-jira/redis`) and name. Two names of one thing give the same declaration. */
export type Surface = ReadonlyMap<string, ReadonlyMap<string, ts.Declaration | undefined>>;

/** The entries that package.json of libs/jira has, by name. */
export function exportedSurface(): Surface {
  const folder = join(ROOT, 'libs/jira');
  const { exports: declared } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Readonly<Record<string, string | { readonly types: string }>>;
  };
  const files = new Map<string, string>();
  for (const [path, target] of Object.entries(declared))
    if (typeof target !== 'string') files.set(`nestjs-jira${path.slice(1)}`, sourceOf(folder, target.types));
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const program = ts.createProgram([...files.values()], { ...options, noEmit: true });
  return new Map([...files].map(([entry, file]) => [entry, exportsOf(program, file)]));
}

function sourceOf(folder: string, types: string): string {
  return join(folder, types.replace(/^\.\/dist/, 'src').replace(/\.d\.ts$/, '.ts'));
}

function exportsOf(program: ts.Program, file: string): ReadonlyMap<string, ts.Declaration | undefined> {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${file} is not a module.`);
  return new Map(
    checker.getExportsOfModule(module).map((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return [symbol.name, target.declarations?.[0]];
    }),
  );
}

/** The sentence of each name, by entry: the tables under the headings of docs/api.md. */
export function documentedSurface(markdown: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const entries = new Map<string, Map<string, string>>();
  let names = new Map<string, string>();
  for (const line of markdown.split('\n')) {
    const [, entry] = /^## `(.+)`$/.exec(line) ?? [];
    if (entry !== undefined) entries.set(entry, (names = new Map<string, string>()));
    const [, name, sentence] = /^\| `(\w+)` +\| (.*?) +\|$/.exec(line) ?? [];
    if (name === undefined || sentence === undefined) continue;
    if (names.has(name)) throw new Error(`docs/api.md names ${name} twice in one entry.`);
    names.set(name, sentence);
  }
  return entries;
}
