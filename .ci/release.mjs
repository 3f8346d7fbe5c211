// Prepares a release: `node .ci/release.mjs 0.2.0` sets the version of all packages, and of each other as their
// dependencies, and gives the changelog's "Unreleased" that name. Then: commit, tag, and `npm publish` in libs/*.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [version] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version ?? '')) throw new Error('Say which version: node .ci/release.mjs 1.2.3');

const changelog = readFileSync('CHANGELOG.md', 'utf8');
const [, changes = ''] = /^## Unreleased\n([^]*?)(?=^## |(?![^]))/m.exec(changelog) ?? [];
if (changes.trim() === '') throw new Error('CHANGELOG.md says nothing under "## Unreleased".');
const today = new Date().toISOString().slice(0, 10);
writeFileSync('CHANGELOG.md', changelog.replace('## Unreleased\n', `## Unreleased\n\n## ${version} - ${today}\n`));

const { workspaces } = readJson('package.json');
const manifests = new Map(workspaces.map((folder) => [`${folder}/package.json`, readJson(`${folder}/package.json`)]));
const names = new Set([...manifests.values()].map(({ name }) => name));
for (const [path, manifest] of manifests) {
  manifest.version = version;
  for (const kind of ['dependencies', 'devDependencies', 'peerDependencies'])
    for (const name of Object.keys(manifest[kind] ?? {})) if (names.has(name)) manifest[kind][name] = version;
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}
execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], { stdio: 'inherit' });
execFileSync(process.execPath, ['.ci/complete-lock.mjs'], { stdio: 'inherit' });

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
