// Runs tests on other versions of what the library stands on than the ones of the lock file:
//
//   npm run matrix                            says which there are
//   npm run matrix -- nest11                  the chosen tests, on the newest Nest 11 and TypeORM 0.3
//   npm run matrix -- nest11 --all            every test that can run there
//   npm run matrix -- node24 test/capture     the tests that you name
//   npm run matrix -- all                     the chosen tests of every set, one set after the other
//   npm run matrix -- ci                      a short selection, of the sets that have one: a part of CI
//
// A set is a copy of the sources in `.matrix/<set>`, in whose `node_modules` the other versions are; everything else is
// found in the workspace's own, two folders above. MATRIX_RESULTS names a folder for results as JSON, a file a set.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { SETS } from './matrix-sets.mjs';

const ROOT = join(import.meta.dirname, '..');

const [name, ...rest] = process.argv.slice(2);
if (name === 'all') runSets(Object.keys(SETS), ({ chosen }) => chosen);
else if (name === 'ci')
  runSets(Object.keys(SETS).filter((set) => SETS[set].short), ({ short }) => short); // prettier-ignore
else if (name in SETS)
  runSets([name], ({ chosen }) => (rest.length === 0 ? chosen : rest.filter((word) => word !== '--all'))); // prettier-ignore
else list();

function list() {
  for (const [set, { title }] of Object.entries(SETS)) console.log(`${set.padEnd(12)} ${title}`);
  process.exitCode = name === undefined ? 0 : 1;
}

/** Runs each of them to its end. Fails if one does. */
function runSets(names, testsOf) {
  for (const set of names) {
    const folder = join(ROOT, '.matrix', set);
    install(SETS[set], folder);
    copySources(folder);
    if (run(set, folder, testsOf(SETS[set])) !== 0) process.exitCode = 1;
  }
}

/** Once: a set is its versions, and the folder remembers for which it was filled. */
function install({ packages = {}, node }, place) {
  const wanted = JSON.stringify({ ...packages, ...(node && { node }) });
  const mark = join(place, 'installed.json');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const wishes = Object.entries(JSON.parse(wanted)).map(([key, version]) => `${key}@${version}`);
  // No peers: drivers, rxjs and reflect-metadata are the workspace's, and there may be one copy of each.
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'];
  const { status } = spawnSync('npm', ['install', '--legacy-peer-deps', ...quiet, ...wishes], {
    cwd: place,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`npm could not install ${wishes.join(' ')}.`);
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

function run(set, place, files) {
  const { node, title } = SETS[set];
  const program = node ? join(place, 'node_modules/node/bin/node') : process.execPath;
  console.log(`${title}: ${files.length > 0 ? files.join(' ') : 'every test'}`);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const results = process.env.MATRIX_RESULTS && { TEST_RESULTS: join(process.env.MATRIX_RESULTS, `${set}.json`) };
  // Some of the tests run programs of their own: by the same Node.
  const path = [join(program, '..'), process.env.PATH].join(delimiter);
  const env = { ORACLE_RUNS: '60', ...process.env, ...results, PATH: path };
  return spawnSync(program, [vitest, 'run', ...files], { cwd: place, stdio: 'inherit', env }).status ?? 1;
}
