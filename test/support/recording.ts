// Where test applications report themselves to whoever judges their frames: tests have somebody (setup.ts), programs that
// tests start have nobody.

import type { JudgedApp } from './frame-judge.js';

export interface Recorder {
  watch(app: JudgedApp): void;
  /** @throws if the document does not allow what was recorded */
  end(): void;
}

let load: (() => Promise<Recorder>) | undefined;
let recorder: Promise<Recorder> | undefined;

/** The recorder is loaded for the first application: not all tests have one. */
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
