import { defineConfig } from 'vite';

// The build has three files with fixed names, because the server serves them by name. Its content security policy forbids
// inline code.
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../libs/jira/dist/explorer',
    emptyOutDir: true,
    modulePreload: false,
    rolldownOptions: {
      output: { entryFileNames: 'explorer.js', assetFileNames: 'explorer[extname]' },
    },
  },
  // To work on the page, run `vite apps/explorer` beside a running example.
  server: {
    proxy: {
      '/asyncapi.json': 'http://localhost:3000/explorer',
      '/socket.io': { target: 'http://localhost:3000', ws: true },
    },
  },
});
