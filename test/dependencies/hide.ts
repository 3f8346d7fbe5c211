// Makes a member of a dependency disappear, as a new version might.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `@nestjs/core 12.5.1`: what is installed here, by its own word. */
export function installed(dependency: string): string {
  let folder = dirname(fileURLToPath(import.meta.resolve(dependency)));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string };
  return `${dependency} ${version}`;
}

/** Hides the member from whoever reads it off the object or what inherits from it; writes to it are lost. Returns the undo. */
export function hide(object: object, name: string): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { configurable: true, get: () => undefined, set: () => {} });
  return () => {
    Reflect.deleteProperty(object, name);
    if (own) Object.defineProperty(object, name, own);
  };
}

/** What is thrown, as its message; undefined = nothing. */
export function messageOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
