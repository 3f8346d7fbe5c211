// Runs a module of the tests with the sources as they are, in a process of its own: what vitest does for tests.
// fork('test/support/run-module.js', ['/test/security/hostile-server.ts'], { cwd: root })

import { createServer } from 'vite';

const server = await createServer({
  configFile: 'vitest.config.ts',
  server: { middlewareMode: true, hmr: false, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
  appType: 'custom',
  logLevel: 'error',
});
await server.ssrLoadModule(process.argv[2]);
