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
    // Many tests wait rather than compute: one worker a core, which is one more than the default.
    maxWorkers: '100%',
    // These end what hangs, and measure nothing: the machine may be busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
