import { preact } from '@preact/preset-vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [preact()],
  build: { outDir: '../dist/web', emptyOutDir: true },
  // `vite web` beside a running server, for work on the page.
  server: { proxy: { '/socket.io': { target: 'http://localhost:3000', ws: true } } },
});
