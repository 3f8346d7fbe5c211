// Where test applications report themselves to whoever judges their frames, if anybody does: frame-recorder.ts.

import type { Type } from '@nestjs/common';

export interface RecordedApp {
  readonly url: string;
  get<T>(token: Type<T>): T;
}

let watch: ((app: RecordedApp) => void) | undefined;

export function recordFrames(app: RecordedApp): void {
  watch?.(app);
}

export function onRecordedApp(watcher: (app: RecordedApp) => void): void {
  watch = watcher;
}
