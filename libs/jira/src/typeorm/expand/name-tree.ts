// Parses names of fields into a tree: `title,author.name` → title, author → name.

import { ValidationException } from '../../core/errors/jira.exception.js';

export interface NameTree extends ReadonlyMap<string, NameTree> {}
type Growing = Map<string, Growing>;

/** More names than any output has. */
const MAX_NAMES = 100;

export function treeOf(paths: readonly string[]): NameTree {
  const root: Growing = new Map();
  for (const path of paths) {
    let at = root;
    for (const name of path.split('.')) {
      let below = at.get(name);
      if (!below) at.set(name, (below = new Map()));
      at = below;
    }
  }
  return root;
}

/** The names in a query's value: `a,b`, or a list of such texts. @throws ValidationException for anything else */
export function namesIn(value: unknown, key: string): string[] {
  const parts: unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  const names: string[] = [];
  for (const part of parts) {
    if (typeof part !== 'string') throw new ValidationException({ [key]: ['Must be names separated by commas.'] });
    names.push(...part.split(',').map((name) => name.trim()).filter(Boolean)); // prettier-ignore
    if (names.length > MAX_NAMES) throw new ValidationException({ [key]: [`Must have at most ${MAX_NAMES} names.`] });
  }
  return names;
}
