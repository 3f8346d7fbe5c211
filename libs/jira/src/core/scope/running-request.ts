// For whom the code at hand runs: a request, whose work ends with it, or everybody.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestHandle } from '../connections/request-handle.js';

/** Something of a request's that is let go when the request is given up. */
export interface Held {
  giveUp(): void;
}

/** One request while its work runs, answered or not. */
export class RunningRequest {
  private readonly held = new Set<Held>();
  private isOver = false;

  constructor(
    private readonly handle: RequestHandle,
    readonly timeoutMs: number,
  ) {
    handle.onAbort(() => {
      for (const one of this.held) one.giveUp();
    });
  }

  /** Why it was given up, if it was. */
  get aborted(): Error | undefined {
    return this.handle.aborted;
  }

  /** Whether its transaction is past the last moment at which it could be undone. */
  get isCommitting(): boolean {
    return this.handle.isCommitting;
  }

  /** What it started and nobody waited for is not its own any more. */
  get hasEnded(): boolean {
    return this.isOver;
  }

  hold(one: Held): void {
    this.held.add(one);
  }

  letGo(one: Held): void {
    this.held.delete(one);
  }

  /** Resolves or rejects with the work, or rejects as soon as the request is given up. What comes too late is thrown away. */
  waitFor<T>(work: Promise<T>, discard: (late: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Held = {
        giveUp: () => {
          this.letGo(waiting);
          reject(this.aborted ?? new Error('The request was abandoned.'));
          work.then(discard, () => {});
        },
      };
      this.hold(waiting);
      const isOver = (): void => this.letGo(waiting);
      void work.then(isOver, isOver);
      work.then(resolve, reject); // no effect once it was given up
    });
  }

  end(): void {
    this.isOver = true;
  }
}

const EVERYBODY = Symbol('everybody');
const current = new AsyncLocalStorage<RunningRequest | typeof EVERYBODY>();
/** Whether anything asks: following what runs for whom costs every promise of the process. */
let isFollowed = false;

/** From now on `currentRequest` knows. */
export function followRequests(): void {
  isFollowed = true;
}

/** Runs the work of a request. */
export function inRequest<T>(handle: RequestHandle, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  if (!isFollowed) return work();
  const request = new RunningRequest(handle, timeoutMs);
  const running = current.run(request, work);
  const end = (): void => request.end();
  void running.then(end, end);
  return running;
}

/** Runs what is done for everybody, such as announcing a commit: no request's end ends it. */
export function forEverybody<T>(work: () => T): T {
  return isFollowed ? current.run(EVERYBODY, work) : work();
}

/** The request that the code at hand runs for; `null` for what is done for everybody, `undefined` for the application's own. */
export function currentRequest(): RunningRequest | null | undefined {
  const found = current.getStore();
  if (found === EVERYBODY) return null;
  return found?.hasEnded ? undefined : found;
}
