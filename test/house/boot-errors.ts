// The messages of boot errors, read from the sources: the second argument of each `new ConfigurationError()`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT, isTest, readImports } from './imports.js';

export interface BootError {
  readonly file: string;
  /** What is wrong, with `…` for what differs from case to case. */
  readonly fault: string;
}

/** All of the library's. A fault that is a variable has the texts that its function can give it. */
export function bootErrors(): BootError[] {
  const files = [...readImports('libs/jira/src').keys()].filter((file) => !isTest(file));
  return files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return text.includes('new ConfigurationError(') ? faultsOf(file, text) : [];
  });
}

export function faultsOf(file: string, text: string): BootError[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: BootError[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'ConfigurationError' && node.arguments?.[1])
      for (const fault of textsOf(node.arguments[1])) found.push({ file, fault });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function textsOf(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')];
  return [];
}
