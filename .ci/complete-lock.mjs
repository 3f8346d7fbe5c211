// Adds to package-lock.json the optional packages of other platforms that a registry did not offer when it was written.
// Without their entries `npm ci` refuses the lock file; with them it installs, there and on those platforms.
// Run it after `npm install`, if test/house says so.

import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];
const LIBRARIES = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (foldersAbove(path).some((folder) => lock.packages[`${folder}${name}`])) continue;
    // Beside the package that asks for it, as npm installs it.
    lock.packages[`${foldersAbove(path)[1] ?? 'node_modules/'}${name}`] = entryOf(name, version, entry.dev);
    console.log(`added ${name} ${version}`);
  }
}
const paths = Object.keys(lock.packages).toSorted((a, b) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries(paths.map((path) => [path, lock.packages[path]]));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);

/** The folders in which Node looks for what a package imports, the nearest first. */
function foldersAbove(path) {
  const parts = path.split('/node_modules/');
  const folders = parts.map(
    (_, index) => `${parts.slice(0, parts.length - index).join('/node_modules/')}/node_modules/`,
  );
  return [...folders, 'node_modules/'];
}

/** The platform is read from the name (`@oxlint/binding-linux-x64-musl`): nothing else of the package is at hand. */
function entryOf(name, version, dev) {
  const words = name.split('/').at(-1).split('-');
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  const os = words.filter((word) => SYSTEMS.includes(word));
  const libc = words.flatMap((word) => LIBRARIES[word] ?? []);
  if (cpu.length !== 1 || os.length !== 1) throw new Error(`The platform of ${name} cannot be read from its name.`);
  return { version, cpu, dev, ...(libc.length > 0 && { libc }), optional: true, os };
}
