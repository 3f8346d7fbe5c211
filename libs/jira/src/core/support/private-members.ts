// Checks at boot that a dependency has the undocumented members that the library uses.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '../errors/configuration.error.js';

/** An undocumented name of a dependency. */
export interface PrivateMember<Probe> {
  /** Its name in the dependency's source, such as `UpdateQueryBuilder.createWhereExpression`. */
  readonly name: string;
  readonly isThere: (probe: Probe) => boolean;
}

/**
 * @param versions the range of versions that are known to have all members
 * @param members in order of access: a member comes before those that are reached through it
 * @param probe the object to examine
 * @throws ConfigurationError that names the dependency, its version and the first member it lacks
 */
export function assertMembers<Probe>(
  dependency: string,
  versions: string,
  members: readonly PrivateMember<Probe>[],
  probe: Probe,
): void {
  const missing = members.find((member) => !isThere(member, probe));
  if (!missing) return;
  throw new ConfigurationError(
    `${dependency} ${installedVersion(dependency)}`,
    `lacks ${missing.name}, which nestjs-jira needs:`,
    `install ${dependency} ${versions}.`,
  );
}

/** Whether an object has the method, its own or inherited. */
export function hasMethod(object: unknown, name: string): boolean {
  return typeof (object as Readonly<Record<string, unknown>> | undefined)?.[name] === 'function';
}

function isThere<Probe>({ isThere: look }: PrivateMember<Probe>, probe: Probe): boolean {
  try {
    return look(probe);
  } catch {
    return false; // a probe reads other members, which may be missing, too
  }
}

/** The version of the copy that this package uses. */
function installedVersion(dependency: string): string {
  try {
    return versionAbove(dirname(createRequire(import.meta.url).resolve(dependency)), dependency);
  } catch {
    return UNKNOWN; // bundled
  }
}

const UNKNOWN = '(version unknown)';

/** A package need not export its own `package.json`. */
function versionAbove(folder: string, dependency: string): string {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) {
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string; version?: string };
    if (name === dependency) return version ?? UNKNOWN;
  }
  return dirname(folder) === folder ? UNKNOWN : versionAbove(dirname(folder), dependency);
}
