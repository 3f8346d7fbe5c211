import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FreshApp } from './fresh-app.js';
import { packPackages, type PackedPackages } from './workspace-copy.js';

/** Minutes long, and it needs the registry: CI runs it, others say that they want it. */
const isWanted = Boolean(process.env['CI'] ?? process.env['INSTALL_TESTS']);
const SLOW_MS = 300_000;

let packages: PackedPackages;
beforeAll(async () => {
  if (isWanted) packages = await packPackages();
}, 2 * SLOW_MS);
afterAll(() => packages?.[Symbol.asyncDispose]());

describe.skipIf(!isWanted)('the packages in a fresh Nest application (INSTALL_TESTS=1 runs it)', () => {
  let app: FreshApp;
  beforeAll(async () => {
    app = await FreshApp.create(packages);
  }, 2 * SLOW_MS);
  afterAll(() => app?.[Symbol.asyncDispose]());

  it('have types that hold without skipLibCheck', { timeout: SLOW_MS }, async () => {
    expect(await app.bin('tsc', '--noEmit', '--skipLibCheck', 'false')).toBe('');
  });

  it('are built in by nest build', { timeout: SLOW_MS }, async () => {
    expect(await app.npm('run', 'build')).not.toMatch(/error/i);
  });

  it.each([20, 22, 24])(
    'are called and watched on Node %d, as modules and through require()',
    { timeout: SLOW_MS },
    async (version) => {
      const asModules = lastLine(await app.node(version, 'dist/use.js'));
      expect(JSON.parse(asModules)).toEqual({
        id: 1,
        titles: ['Ship it'],
        heard: ['added 1'],
        refused: 'VALIDATION_FAILED',
        entries: ['mine', true, 'function', 'function', 'function', 'function', true],
      });
      const required = lastLine(await app.node(version, 'use.cjs'));
      expect(JSON.parse(required)).toEqual({
        id: 1,
        heard: ['added 1'],
        isOneCopy: true,
        version: 2,
        entries: ['json', 'function', 'function', 'function'],
      });
    },
  );
});

describe.skipIf(!isWanted)(
  'the packages in an application of Nest 11 and TypeORM 0.3 (INSTALL_TESTS=1 runs it)',
  () => {
    let app: FreshApp;
    beforeAll(async () => {
      app = await FreshApp.createOlder(packages);
    }, 2 * SLOW_MS);
    afterAll(() => app?.[Symbol.asyncDispose]());

    it('are built in by nest build, and are called and watched through require()', { timeout: SLOW_MS }, async () => {
      expect(await app.tool('nest', 'build')).not.toMatch(/error/i);
      const required = lastLine(await app.node(Number(process.versions.node.split('.')[0]), 'use.cjs'));
      expect(JSON.parse(required)).toEqual({
        id: 1,
        heard: ['added 1'],
        isOneCopy: true,
        version: 2,
        entries: ['json', 'function', 'function', 'function'],
      });
    });

    it.each([
      ['nodenext', '--module', 'nodenext'],
      ['node10', '--module', 'commonjs'],
    ])('have types that hold under moduleResolution %s', { timeout: SLOW_MS }, async (resolution, ...options) => {
      const strict = ['--strict', '--exactOptionalPropertyTypes', '--isolatedModules', '--skipLibCheck', 'false'];
      const decorators = ['--experimentalDecorators', '--emitDecoratorMetadata', '--esModuleInterop'];
      const others = ['--noEmit', '--target', 'es2023', '--types', 'node', '--moduleResolution', resolution];
      expect(await app.tool('tsc', ...strict, ...decorators, ...others, ...options, 'test/types.ts')).toBe('');
    });
  },
);

function lastLine(output: string): string {
  return output.split('\n').find((line) => line.startsWith('{')) ?? output;
}
