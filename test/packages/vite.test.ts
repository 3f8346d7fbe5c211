import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ViteProject } from './vite-project.js';
import { packPackages, type PackedPackages } from './workspace-copy.js';

/** It needs the registry: CI runs it, others say that they want it. */
const isWanted = Boolean(process.env['CI'] ?? process.env['INSTALL_TESTS']);
const SLOW_MS = 300_000;

const APP = readFileSync(join(import.meta.dirname, 'fresh/App.tsx.txt'), 'utf8');

describe.skipIf(!isWanted)("the server's types in Vite's stock React project (INSTALL_TESTS=1 runs it)", () => {
  let packages: PackedPackages;
  let project: ViteProject;
  beforeAll(async () => {
    packages = await packPackages();
    project = await ViteProject.create(packages);
  }, 2 * SLOW_MS);
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
    await packages?.[Symbol.asyncDispose]();
  });

  it('come from the declarations that the guide builds, without an error', { timeout: SLOW_MS }, async () => {
    expect(await project.buildApi()).toBe('');
    expect(await project.build(APP)).not.toMatch(/error/i);
  });

  it('bring nothing of the server into the bundle', async () => {
    const bundle = await project.bundle();
    expect(bundle).toContain('/socket.io');
    expect(bundle).not.toMatch(/typeorm|nestjs\/common|reflect-metadata/i);
  });

  it('break the build where the front end uses what the server has not', { timeout: SLOW_MS }, async () => {
    const wrong = APP.replace('// @ts-expect-error the view shows no assignee\n', '');
    await expect(project.build(wrong)).rejects.toThrow(/TS2339.*assigneeId/s);
  });
});
