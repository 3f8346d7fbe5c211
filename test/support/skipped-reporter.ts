// Prints at the end of a run which suites were skipped. vitest itself only counts them.

import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const name = outermost(test).fullName;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    for (const [name, tests] of counts) process.stdout.write(`skipped: ${name}: ${tests} tests\n`);
  }
}

function outermost(test: TestCase): TestCase | TestSuite {
  let found: TestCase | TestSuite = test;
  while (found.parent.type === 'suite') found = found.parent;
  return found;
}
