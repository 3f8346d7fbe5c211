// Adds to package-lock.json the optional packages of other platforms that a registry did not offer when it was written.
// Without their entries `npm ci` refuses the lock file; with them it installs, there and on those platforms.
// Run it after `npm install`, if test/house says so.

import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];
const LIBRARIES = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (lock.packages[`node_modules/${name}`] || lock.packages[`${path}/node_modules/${name}`]) continue;
    lock.packages[`node_modules/${name}`] = entryOf(name, version, entry.dev);
    console.log(`added ${name} ${version}`);
  }
}
const paths = Object.keys(lock.packages).toSorted((a, b) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries(paths.map((path) => [path, lock.packages[path]]));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);

/** The platform is read from the name (`@oxlint/binding-linux-x64-musl`): nothing else of the package is at hand. */
function entryOf(name, version, dev) {
  const words = name.split('/').at(-1).split('-');
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  const os = words.filter((word) => SYSTEMS.includes(word));
  const libc = words.flatMap((word) => LIBRARIES[word] ?? []);
  if (cpu.length !== 1 || os.length !== 1) throw new Error(`The platform of ${name} cannot be read from its name.`);
  return { version, cpu, dev, ...(libc.length > 0 && { libc }), optional: true, os };
}
