// Runs a module of the tests in a process of its own, from the current sources. They are bundled as vitest compiles them.
// fork('test/support/run-module.js', ['/test/security/hostile-server.ts'], { cwd: root })

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

// In node_modules, so that the bundle finds its packages.
const outDir = join('node_modules/.test-processes', randomUUID());
await build({
  configFile: 'vitest.config.ts',
  logLevel: 'error',
  build: {
    ssr: `.${process.argv[2]}`,
    outDir,
    target: 'node20',
    minify: false,
    rolldownOptions: { output: { entryFileNames: 'main.mjs' } },
  },
});
try {
  await import(pathToFileURL(join(outDir, 'main.mjs')).href);
} finally {
  await rm(outDir, { recursive: true });
}
