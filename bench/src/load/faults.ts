// Keeps the first wrong answer that this generator got. One is enough to void the run.

import { WrongAnswer } from '../work/ipc.js';

let first: WrongAnswer | undefined;
let reject: ((error: Error) => void) | undefined;

const faulted = new Promise<never>((_, rejectFaulted) => (reject = rejectFaulted));
// Awaited only while work is in progress. `assertFlawless` finds a fault that occurs in between.
faulted.catch(() => undefined);

export function fault(what: string): void {
  first ??= new WrongAnswer(what);
  reject?.(first);
}

/** Throws the first fault, if there was one. */
export function assertFlawless(): void {
  if (first !== undefined) throw first;
}

/** Returns the work's result. Fails at once with the first fault: a lost answer would be awaited forever. */
export function unlessFaulted<Result>(work: Promise<Result>): Promise<Result> {
  return Promise.race([work, faulted]);
}
