import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BuilderProject, linkPackages, saidIn, typeErrorsIn } from './builder-project.js';
import { TutorialApp } from '../docs/tutorial-app.js';
import { watchTwoWindows } from '../docs/tutorial-windows.js';
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

/** What the compiler is told beside how to resolve: all that is strict, and nothing skipped. */
const STRICT = ['--strict', '--exactOptionalPropertyTypes', '--isolatedModules', '--skipLibCheck', 'false', '--noEmit', '--experimentalDecorators', '--emitDecoratorMetadata', '--esModuleInterop', '--target', 'es2023', '--lib', 'es2023,dom', '--types', 'node']; // prettier-ignore

const WORKS = {
  heard: [['added', { text: 'one' }]],
  refused: 'VALIDATION_FAILED',
  answered: { lines: true, input: true },
  lines: ['posted true', 'heard added'],
};
const REFUSED = /^ConfigurationError: NoteHook has a constructor whose parameters have no types.*emitDecoratorMetadata/;

describe.skipIf(!isWanted)('the packages in a fresh Nest application (INSTALL_TESTS=1 runs it)', () => {
  let app: FreshApp;
  beforeAll(async () => {
    app = await FreshApp.create(packages);
  }, 2 * SLOW_MS);
  afterAll(() => app?.[Symbol.asyncDispose]());

  it('have types that hold without skipLibCheck', { timeout: SLOW_MS }, async () => {
    await linkPackages(app);
    expect(typeErrorsIn(await app.tsc('typescript', '--noEmit', '--skipLibCheck', 'false'))).toEqual([]);
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

  it.each([
    ['5.9', 'typescript-5', 'bundler'],
    ['6', 'typescript', 'nodenext'],
    ['7', 'typescript-7', 'node16'],
    ['7', 'typescript-7', 'nodenext'],
    ['7', 'typescript-7', 'bundler'],
  ])(
    'have types that hold in strict modules, of TypeScript %s (%s) under moduleResolution %s',
    { timeout: SLOW_MS },
    async (_version, typescript, resolution) => {
      await linkPackages(app);
      const module = resolution === 'bundler' ? 'esnext' : resolution;
      const options = ['--module', module, '--moduleResolution', resolution, '--verbatimModuleSyntax', ...STRICT];
      const own = typescript === 'typescript-5' ? [] : ['--ignoreConfig'];
      expect(typeErrorsIn(await app.tsc(typescript, ...options, ...own, 'test/types.ts'))).toEqual([]);
    },
  );

  describe('in an application with a hook, @Data(), an observer, handlers and a listener', () => {
    let project: BuilderProject;
    beforeAll(async () => {
      project = await BuilderProject.create(app);
    });
    const esbuild = (entry: string): Promise<string> =>
      project.bin('esbuild', entry, '--bundle', '--packages=external', '--platform=node', '--format=esm', '--outfile=dist/main.js'); // prettier-ignore

    it.each(['tsc', 'swc', 'rspack'])('work when nest build uses %s', { timeout: SLOW_MS }, async (builder) => {
      await project.bin('nest', 'build', '--builder', builder);
      expect(await project.node('dist/main.js')).toEqual(WORKS);
    });

    it('are refused at boot when esbuild leaves the types out', { timeout: SLOW_MS }, async () => {
      await esbuild('src/main.ts');
      expect(await project.node('dist/main.js')).toMatch(REFUSED);
    });

    it('work when esbuild bundles what names its types', { timeout: SLOW_MS }, async () => {
      await esbuild('named/main.ts');
      expect(await project.node('dist/main.js')).toEqual(WORKS);
    });

    it('are refused by tsx, and work when what is needed is named', { timeout: SLOW_MS }, async () => {
      expect(saidIn(await project.bin('tsx', 'src/main.ts'))).toMatch(REFUSED);
      expect(saidIn(await project.bin('tsx', 'named/main.ts'))).toEqual(WORKS);
    });

    it('work in Vitest', { timeout: SLOW_MS }, async () => {
      expect(saidIn(await project.bin('vitest', 'run'))).toEqual(WORKS);
    });

    it('work in Jest by ts-jest', { timeout: SLOW_MS }, async () => {
      expect(saidIn(await project.bin('jest', '--config', 'jest.config.json'))).toEqual(WORKS);
    });
  });
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
      await linkPackages(app);
      const output = await app.tool('tsc', ...STRICT, '--moduleResolution', resolution, ...options, 'test/types.ts').catch(String); // prettier-ignore
      expect(typeErrorsIn(output)).toEqual([]);
    });

    it('are enough for the tutorial, to its end', { timeout: SLOW_MS }, async () => {
      await linkPackages(app, ['better-sqlite3', 'vitest']);
      const place = join(app.place, 'tutorial');
      await mkdir(place);
      const modules = join(app.folder, 'node_modules');
      await using tutorial = await TutorialApp.createIn(place, join(app.place, 'node_modules'), modules);
      await tutorial.start();
      expect(await watchTwoWindows(tutorial)).toEqual({ grace: ['Theirs'], ada: ['Hers'] });
      expect(await tutorial.testByVitest()).toMatch(/Tests[^\n]* 1 passed[^\n]*\(1\)/);
    });
  },
);

function lastLine(output: string): string {
  return output.split('\n').find((line) => line.startsWith('{')) ?? output;
}
