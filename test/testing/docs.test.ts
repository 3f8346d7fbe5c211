// The guide's examples are tests: importing them defines them here.

import { afterAll, describe } from 'vitest';
import { examplesOf, writeExamples } from '../support/examples.js';

describe('docs/testing.md', async () => {
  const examples = writeExamples('docs/testing.md');
  afterAll(() => examples[Symbol.dispose]());
  for (const { file, text } of examplesOf('docs/testing.md'))
    if (text.includes("from 'vitest'")) await import(examples.pathOf(file));
});
