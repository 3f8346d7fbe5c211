// Tells whether the running code belongs to a request, and ends with it, or to the server.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestHandle } from '../connections/request-handle.js';
import type { Party } from '../limits/party.js';

/** A resource of a request that is released when the request is abandoned. */
export interface Held {
  giveUp(): void;
}

/** A request while its work runs, even if it has been answered. */
export class RunningRequest {
  private readonly held = new Set<Held>();
  private isOver = false;

  constructor(
    private readonly handle: RequestHandle,
    readonly timeoutMs: number,
    /** The party whose turn it takes. */
    readonly party: Party,
  ) {
    handle.onAbort(() => {
      for (const one of this.held) one.giveUp();
    });
  }

  /** Why it was abandoned, if it was. */
  get aborted(): Error | undefined {
    return this.handle.aborted;
  }

  /** Whether its transaction can no longer be rolled back. */
  get isCommitting(): boolean {
    return this.handle.isCommitting;
  }

  /** Whether its work has ended. Work that it started and did not wait for no longer belongs to it. */
  get hasEnded(): boolean {
    return this.isOver;
  }

  hold(one: Held): void {
    this.held.add(one);
  }

  letGo(one: Held): void {
    this.held.delete(one);
  }

  /** Settles as the work does, or rejects as soon as the request is abandoned; a later result goes to `discard`. */
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
      work.then(resolve, reject); // no effect once it was abandoned
    });
  }

  end(): void {
    this.isOver = true;
  }
}

const EVERYBODY = Symbol('everybody');
const current = new AsyncLocalStorage<RunningRequest | typeof EVERYBODY>();
/** Whether anything calls `currentRequest`: tracking requests slows down every promise of the process. */
let isFollowed = false;

/** Turns tracking on, for `currentRequest`. */
export function followRequests(): void {
  isFollowed = true;
}

/** Runs the work of a request. */
export function inRequest<T>(
  handle: RequestHandle,
  timeoutMs: number,
  party: Party,
  work: () => Promise<T>,
): Promise<T> {
  if (!isFollowed) return work();
  const request = new RunningRequest(handle, timeoutMs, party);
  const running = current.run(request, work);
  const end = (): void => request.end();
  void running.then(end, end);
  return running;
}

/** Runs work of the server that does not end with a request, such as announcing a commit. */
export function forEverybody<T>(work: () => T): T {
  return isFollowed ? current.run(EVERYBODY, work) : work();
}

/** The request that the running code belongs to; `null` for work of the server, `undefined` for the application's own work. */
export function currentRequest(): RunningRequest | null | undefined {
  const found = current.getStore();
  if (found === EVERYBODY) return null;
  return found?.hasEnded ? undefined : found;
}
