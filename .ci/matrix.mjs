// Runs tests on other versions of what the library stands on than the ones of the lock file:
//
//   npm run matrix                            says which there are
//   npm run matrix -- nest11                  the chosen tests, on the newest Nest 11 and TypeORM 0.3
//   npm run matrix -- nest11 --all            every test that can run there
//   npm run matrix -- node24 test/capture     the tests that you name
//
// A set is a copy of the sources in `.matrix/<set>`, in whose `node_modules` the other versions are; everything else is
// found in the workspace's own, two folders above.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Nest's packages have versions of their own. */
const nest = (core, sockets, { config, events, jwt, typeorm }) => ({
  '@nestjs/common': core,
  '@nestjs/core': core,
  '@nestjs/platform-express': core,
  '@nestjs/platform-socket.io': sockets,
  '@nestjs/testing': sockets,
  '@nestjs/websockets': sockets,
  '@nestjs/config': config,
  '@nestjs/event-emitter': events,
  '@nestjs/jwt': jwt,
  '@nestjs/typeorm': typeorm,
});

/** better-sqlite3 13 brings binaries for them, 12 would have to be compiled. TypeORM has to be beside it to find it. */
const FOR_NEWER_NODE = { 'better-sqlite3': '13.2.0', typeorm: '1.1.1', '@nestjs/typeorm': '12.0.2' };

/** What a version of Node may change: streams and sockets, async contexts, drivers. */
const CHOSEN_FOR_NODE = [
  'test/fast-paths',
  'test/security',
  'test/databases',
  'test/requests/crud.test.ts',
  'test/requests/streams.test.ts',
  'test/capture/transactions.test.ts',
  'test/client/connection.test.ts',
  'test/lifecycle/shutdown.test.ts',
  'test/plain/json.test.ts',
];

const SETS = {
  nest11: {
    title: 'newest Nest 11 and TypeORM 0.3',
    packages: {
      ...nest('11.2.10', '11.2.6', { config: '4.0.4', events: '3.1.0', jwt: '11.0.2', typeorm: '11.0.3' }),
      typeorm: '0.3.31',
    },
  },
  nest11floor: {
    title: 'oldest Nest 11 and TypeORM 0.3 that the peer ranges take',
    packages: {
      ...nest('11.0.0', '11.0.0', { config: '4.0.0', events: '3.0.0', jwt: '11.0.0', typeorm: '11.0.0' }),
      typeorm: '0.3.25',
    },
  },
  nest12floor: {
    title: 'oldest Nest 12 and TypeORM 1 that the peer ranges take',
    packages: {
      ...nest('12.0.0', '12.0.0', { config: '12.0.0', events: '12.0.0', jwt: '12.0.0', typeorm: '12.0.0' }),
      typeorm: '1.0.0',
    },
  },
  node22: { title: 'Node 22', packages: FOR_NEWER_NODE, node: '22', chosen: CHOSEN_FOR_NODE },
  node24: { title: 'Node 24', packages: FOR_NEWER_NODE, node: '24', chosen: CHOSEN_FOR_NODE },
};

/** What a version may change: what capture reaches, how rows are judged and hidden, how requests run, the client. */
const CHOSEN = [
  'test/dependencies',
  'test/capture',
  'test/authorization',
  'test/requests',
  'test/client',
  'test/databases',
  'test/fast-paths',
];

const [name, ...rest] = process.argv.slice(2);
const set = SETS[name];
if (!set) {
  for (const [key, { title }] of Object.entries(SETS)) console.log(`${key.padEnd(12)} ${title}`);
  process.exit(name === undefined ? 0 : 1);
}
const filters = rest.filter((word) => word !== '--all');
const tests = rest.includes('--all') ? filters : filters.length > 0 ? filters : (set.chosen ?? CHOSEN);

const folder = join(ROOT, '.matrix', name);
install(set, folder);
copySources(folder);
process.exitCode = run(set, folder, tests);

/** Once: a set is its versions, and the folder remembers for which it was filled. */
function install({ packages = {}, node }, place) {
  const wanted = JSON.stringify({ ...packages, ...(node && { node }) });
  const mark = join(place, 'installed.json');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const asked = Object.entries(JSON.parse(wanted)).map(([key, version]) => `${key}@${version}`);
  // No peers: drivers, rxjs and reflect-metadata are the workspace's, and there may be one copy of each.
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'];
  const { status } = spawnSync('npm', ['install', '--legacy-peer-deps', ...quiet, ...asked], {
    cwd: place,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`npm could not install ${asked.join(' ')}.`);
  for (const one of ['rxjs', 'reflect-metadata', 'socket.io', 'socket.io-adapter', 'engine.io', 'ws', '@types'])
    rmSync(join(place, 'node_modules', one), { recursive: true, force: true });
  writeFileSync(mark, wanted);
}

function copySources(place) {
  for (const one of ['libs', 'test', 'docs', 'apps', 'bench', 'README.md', 'CHANGELOG.md'])
    copy(join(ROOT, one), join(place, one));
  for (const one of ['vitest.config.ts', 'tsconfig.json', 'tsconfig.base.json', 'nest-cli.json'])
    copy(join(ROOT, one), join(place, one));
  for (const one of ['protocol', 'client', 'jira']) {
    const link = join(place, 'node_modules', one === 'jira' ? 'nestjs-jira' : `nestjs-jira-${one}`);
    rmSync(link, { force: true });
    symlinkSync(join(place, 'libs', one), link);
  }
}

function copy(from, to) {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !['node_modules', 'dist', 'generated'].includes(basename(path)),
  });
}

function run({ node, title }, place, files) {
  const program = node ? join(place, 'node_modules/node/bin/node') : process.execPath;
  console.log(`${title}: ${files.length > 0 ? files.join(' ') : 'every test'}`);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  return spawnSync(program, [vitest, 'run', ...files], { cwd: place, stdio: 'inherit' }).status ?? 1;
}
