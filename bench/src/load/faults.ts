// The first wrong answer of this generator: one is enough to void the run.

import { WrongAnswer } from '../work/ipc.js';

let first: WrongAnswer | undefined;
let reject: ((error: Error) => void) | undefined;

const faulted = new Promise<never>((_, rejectFaulted) => (reject = rejectFaulted));
// Awaited only while there is work; a fault in between is found by `assertFlawless`.
faulted.catch(() => undefined);

export function fault(what: string): void {
  first ??= new WrongAnswer(what);
  reject?.(first);
}

/** Throws if anything was wrong so far. */
export function assertFlawless(): void {
  if (first !== undefined) throw first;
}

/** The work's result; fails at once with the first fault, because whoever waits for a lost answer waits forever. */
export function unlessFaulted<Result>(work: Promise<Result>): Promise<Result> {
  return Promise.race([work, faulted]);
}
