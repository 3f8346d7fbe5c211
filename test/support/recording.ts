// Test applications register here to have their frames judged. setup.ts provides the recorder for tests; programs that
// tests start have none.

import type { JudgedApp } from './frame-judge.js';

export interface Recorder {
  watch(app: JudgedApp): void;
  /** @throws if the document does not allow a recorded frame */
  end(): void;
}

let load: (() => Promise<Recorder>) | undefined;
let recorder: Promise<Recorder> | undefined;

/** Says how to load the recorder. It is loaded for the first application, because not all tests have one. */
export function recordBy(loader: () => Promise<Recorder>): void {
  load = loader;
}

export async function recordFrames(app: JudgedApp): Promise<void> {
  recorder ??= load?.();
  (await recorder)?.watch(app);
}

export async function endRecording(): Promise<void> {
  (await recorder)?.end();
}
