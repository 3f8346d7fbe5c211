// Runs hostile-server.ts with the sources as they are: what vitest does for tests, in a process of its own.

import { createServer } from 'vite';

const server = await createServer({
  configFile: 'vitest.config.ts',
  server: { middlewareMode: true, hmr: false, watch: null },
  optimizeDeps: { noDiscovery: true },
  appType: 'custom',
  logLevel: 'error',
});
await server.ssrLoadModule('/test/security/hostile-server.ts');
