// Sums up a run: what failed, what was skipped, and the closing line. Arguments: the list of steps, and the folder of
// vitest's JSON reports, which are named after their steps.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [stepsFile, resultsFolder] = process.argv.slice(2);
const failures = [];
const skips = [];
let passed = 0;

/** Steps that count by their tests, and where their reports are. Each other command counts as one. */
const COUNTED = { 'npm cit': 'cit', 'npm run matrix -- ci': 'matrix' };

const lines = readFileSync(stepsFile, 'utf8').trim().split('\n');
if (!lines.some((line) => line.startsWith('npm cit'))) failures.push('npm cit was not finished');
for (const line of lines) {
  const [step, code] = line.split('\t');
  if (step === '') continue;
  const before = failures.length;
  const reports = step in COUNTED ? reportsIn(join(resultsFolder, COUNTED[step])) : undefined;
  for (const report of reports ?? []) count(report);
  if (reports?.length === 0) failures.push(`${step} left no results`);
  if (code !== '0' && failures.length === before) failures.push(`${step}: exit code ${code}`);
  else if (code === '0' && !reports) passed += 1;
}

for (const skip of skips) console.log(`skipped: ${skip}`);
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${passed} passed, ${failures.length} failed, ${skips.length} skipped`);
process.exitCode = failures.length > 0 ? 1 : 0;

function reportsIn(folder) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => {
    try {
      return JSON.parse(readFileSync(join(folder, name), 'utf8'));
    } catch {
      return []; // its step was ended while it wrote
    }
  });
}

function count(report) {
  for (const file of report.testResults) {
    const name = relative(process.cwd(), file.name);
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else if (test.status === 'failed') failures.push(`${name}: ${test.fullName}\n${indent(test.failureMessages[0])}`);
      else skips.push(`${name}: ${test.fullName}`);
    }
    const isBroken = file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed');
    if (isBroken) failures.push(`${name} could not be run\n${indent(file.message)}`);
  }
}

function indent(text = '') {
  return text
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');
}
