// Runs in each test file before its tests: a fixed seed in CI, patient waits, and the judging of frames.

import 'reflect-metadata';
import fc from 'fast-check';
import { afterAll, afterEach, vi } from 'vitest';
import { endRecording, recordBy } from './recording.js';
import { CI_SEED } from './seed.js';

if (process.env['CI']) fc.configureGlobal({ seed: CI_SEED });

/** Ends a wait that hangs. It is no measurement: the machine may be busy. */
const PATIENCE_MS = 60_000;

type Options = Parameters<typeof vi.waitFor>[1];
const patient = (options: Options): Options =>
  typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options };

const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options) => waitFor(callback, patient(options));
vi.waitUntil = (callback, options) => waitUntil(callback, patient(options));

recordBy(async () => (await import('./frame-recorder.js')).startRecording());
afterEach(endRecording);
afterAll(endRecording);
