import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { describe, expect, it } from 'vitest';

const path = (name: string) => fileURLToPath(new URL(`../../libs/${name}`, import.meta.url));

/** Bundles the client for browsers, with everything it needs or without its socket. */
async function bundle(external: string[] = [], entry = 'index.ts'): Promise<Rolldown.OutputChunk> {
  const warnings: string[] = [];
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: { 'nestjs-jira-protocol': path('protocol/src/index.ts') } },
    build: {
      write: false,
      lib: { entry: path(`client/src/${entry}`), formats: ['es'], fileName: 'client' },
      rolldownOptions: {
        external,
        output: { minify: true },
        // Vite says so when a module of Node is replaced by nothing.
        onLog: (_level, { message }) => warnings.push(message),
      },
    },
  });
  expect(warnings).toEqual([]);
  const [{ output: chunks }] = output as [Rolldown.RolldownOutput];
  expect(chunks).toHaveLength(1);
  return chunks[0];
}

describe('the client in a browser', () => {
  it('needs nothing of Node', async () => {
    const [own, whole] = [await bundle(['socket.io-client']), await bundle()];
    expect(own.imports).toEqual(['socket.io-client']);
    expect(own.code).not.toMatch(/\b(Buffer|process|require|global)\b/);
    expect(whole.imports).toEqual([]);
  });

  it('weighs less than its socket does', async () => {
    const own = gzipSync((await bundle(['socket.io-client'])).code).length;
    const whole = gzipSync((await bundle()).code).length;
    expect(own, `${own} bytes gzipped, ${whole} with socket.io-client`).toBeLessThan(12_800);
    expect(whole).toBeLessThan(28_300);
  });

  it('gets live stores and React hooks for less than 6 kB more', async () => {
    const { code } = await bundle(['socket.io-client', 'react'], 'react/index.ts');
    expect(gzipSync(code).length).toBeLessThan(6_000);
    expect(code).not.toContain('socket.io-client');
  });
});
