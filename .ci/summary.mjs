// Sums up a run: what failed, what was skipped, and the closing line. Arguments: the list of steps, vitest's JSON report.

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [stepsFile, resultsFile] = process.argv.slice(2);
const failures = [];
const skips = [];
let passed = 0;

const report = readReport();
for (const file of report?.testResults ?? []) {
  const name = relative(process.cwd(), file.name);
  for (const test of file.assertionResults) {
    if (test.status === 'passed') passed += 1;
    else if (test.status === 'failed') failures.push(`${name}: ${test.fullName}\n${indent(test.failureMessages[0])}`);
    else skips.push(`${name}: ${test.fullName}`);
  }
  const isBroken = file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed');
  if (isBroken) failures.push(`${name} could not be run\n${indent(file.message)}`);
}

// Each command counts as one, except the tests: they count for themselves, if they were counted at all.
for (const line of readFileSync(stepsFile, 'utf8').trim().split('\n')) {
  const [step, code] = line.split('\t');
  if (step === '') continue;
  if (code !== '0' && !(step === 'npm cit' && failures.length > 0)) failures.push(`${step}: exit code ${code}`);
  else if (step !== 'npm cit') passed += 1;
}
if (!report) failures.push('npm cit left no results');

for (const skip of skips) console.log(`skipped: ${skip}`);
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${passed} passed, ${failures.length} failed, ${skips.length} skipped`);
process.exitCode = failures.length > 0 ? 1 : 0;

function readReport() {
  try {
    return JSON.parse(readFileSync(resultsFile, 'utf8'));
  } catch {
    return undefined;
  }
}

function indent(text = '') {
  return text
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');
}
