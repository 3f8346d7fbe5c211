import { defineConfig } from 'vite';

// Three files of fixed names: the server gives each of them by name, and its content security policy allows no inline code.
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
  // `vite apps/explorer` beside a running example, for work on the page.
  server: {
    proxy: {
      '/asyncapi.json': 'http://localhost:3000/explorer',
      '/socket.io': { target: 'http://localhost:3000', ws: true },
    },
  },
});
