// Compiles the examples of documents in one program, against the sources of the libraries.

import { dirname, join } from 'node:path';
import ts from 'typescript';
import type { Example } from '../support/examples.js';
import { ROOT } from './imports.js';

/** One sentence per error, with the document and its line. */
export function compileFaults(examples: readonly Example[]): string[] {
  const byPath = new Map(examples.map((example) => [pathOf(example), example]));
  const own = optionsOf('tsconfig.json');
  const options: ts.CompilerOptions = {
    ...own,
    noEmit: true,
    moduleDetection: ts.ModuleDetectionKind.Force, // an example without imports is a module too
    jsx: ts.JsxEmit.ReactJSX,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'], // client examples are for browsers too
  };
  const program = ts.createProgram([...byPath.keys()], options, hostOf(byPath, options));
  return [...byPath].flatMap(([path, example]) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => sentenceOf(example, diagnostic));
  });
}

/** Beside the document, so that the examples of one document can import each other, and only each other. */
function pathOf({ document, file }: Example): string {
  return join(ROOT, `${document}.examples`, file);
}

function hostOf(byPath: ReadonlyMap<string, Example>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const folders = new Set([...byPath.keys()].map(dirname));
  return {
    ...host,
    fileExists: (path) => byPath.has(path) || host.fileExists(path),
    readFile: (path) => byPath.get(path)?.text ?? host.readFile(path),
    directoryExists: (path) => folders.has(path) || (host.directoryExists?.(path) ?? true),
    getSourceFile: (path, ...rest) => {
      const text = byPath.get(path)?.text;
      return text === undefined ? host.getSourceFile(path, ...rest) : ts.createSourceFile(path, text, rest[0]);
    },
  };
}

function optionsOf(file: string): ts.CompilerOptions {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, file),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  if (!config) throw new Error(`${file} cannot be read.`);
  return config.options;
}

function sentenceOf({ document, line }: Example, { file, start = 0, messageText }: ts.Diagnostic): string {
  const offset = file?.getLineAndCharacterOfPosition(start).line ?? 0;
  return `${document}:${line + offset}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}
