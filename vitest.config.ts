import { defineConfig } from 'vitest/config';

// Where to leave the results as JSON, for whoever adds them up.
const results = process.env['TEST_RESULTS'];

export default defineConfig({
  resolve: { tsconfigPaths: true },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: [
      'libs/*/src/**/*.spec.ts',
      'apps/*/src/**/*.spec.ts',
      'test/**/*.test.{ts,tsx}',
      'docs/comparison/*.test.ts',
    ],
    setupFiles: ['test/support/setup.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/skipped-reporter.ts', ...(results === undefined ? [] : ['json'])],
    outputFile: { json: results ?? '' },
    // Most tests wait rather than compute: two workers a core.
    maxWorkers: '200%',
    // These end what hangs, and measure nothing: the machine may be busy.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
