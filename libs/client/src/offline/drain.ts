// Sends the writes of a queue one by one, in the order in which they were made.

import { backoffMs } from '../backoff.js';
import type { Call } from '../call.js';
import { JiraClientError } from '../errors.js';
import type { JiraRequest } from '../jira-request.js';
import { HeldRows } from './held-rows.js';
import type { WriteQueue, WriteRecord } from './records.js';
import type { Outcome, PlainError } from './tabs.js';

export interface DrainParts {
  readonly queue: WriteQueue;
  readonly maxAgeMs: number;
  send(this: void, call: Call): JiraRequest<unknown>;
  settled(this: void, write: WriteRecord, outcome: Outcome): void;
  /** Called when the server failed at a write, or wants the user to sign in again. The write stays in the queue. */
  delayed(this: void, write: WriteRecord, error: JiraClientError): void;
  /** Called when the queue itself fails. */
  failed(this: void, error: unknown): void;
}

export class Drain {
  private isWoken = false;
  private waker: (() => void) | undefined;
  private readonly held = new HeldRows();
  /** The last reported error code of each delayed write. */
  private readonly told = new Map<string, string>();

  constructor(private readonly parts: DrainParts) {}

  /** Looks for something to send. */
  wake(): void {
    this.isWoken = true;
    this.waker?.();
  }

  /** Sends this owner's writes until the signal aborts. */
  async run(owner: string, signal: AbortSignal): Promise<void> {
    const { maxAgeMs, failed } = this.parts;
    signal.addEventListener('abort', () => this.wake());
    // On a new connection, the server may be repaired.
    this.held.clear();
    let failures = 0;
    while (!signal.aborted) {
      this.isWoken = false;
      try {
        const next = await this.next(owner);
        if (signal.aborted) return;
        if (next === undefined) await this.sleep(this.held.waitMs());
        else if (Date.now() - next.madeAt > maxAgeMs) await this.settle(next, { error: plainOf(this.tooOld(next)) });
        else if (await this.send(next)) failures = 0;
        else await this.sleep(backoffMs(failures++));
      } catch (error) {
        failed(error);
        await this.sleep(backoffMs(failures++));
      }
    }
  }

  private async next(owner: string): Promise<WriteRecord | undefined> {
    const { queue } = this.parts;
    if (this.held.size === 0) return queue.first(owner);
    return this.held.firstFree(await queue.all(owner));
  }

  /** Sends one write. Returns false if the whole queue must wait before the next one. */
  private async send(write: WriteRecord): Promise<boolean> {
    try {
      const answer = await this.parts.send(JSON.parse(write.call) as Call).answer();
      await this.settle(write, { answer });
    } catch (error) {
      if (!(error instanceof JiraClientError)) throw error;
      if (isVerdict(error)) await this.refuse(write, error);
      else return this.delay(write, error);
    }
    return true;
  }

  private delay(write: WriteRecord, error: JiraClientError): boolean {
    const isOfWrite = isFault(error);
    if (isOfWrite) this.held.hold(write, error);
    if ((isOfWrite || error.status === 401) && this.told.get(write.key) !== error.code) {
      this.told.set(write.key, error.code);
      this.parts.delayed(write, error);
    }
    return isOfWrite;
  }

  /** Fails the write and all later writes to its row, because those assume that this one was done. */
  private async refuse(write: WriteRecord, error: JiraClientError): Promise<void> {
    const all = write.row === undefined ? [] : await this.parts.queue.all(write.owner);
    await this.settle(write, { error: plainOf(error) });
    for (const next of all)
      if (next.row === write.row && next.key !== write.key) await this.settle(next, { error: plainOf(stopped(error)) });
  }

  /** Reports first, then removes. If this tab dies in between, the next tab sends the write again and gets the same answer. */
  private async settle(write: WriteRecord, outcome: Outcome): Promise<void> {
    this.held.release(write);
    this.told.delete(write.key);
    this.parts.settled(write, outcome);
    await this.parts.queue.remove(write.key);
  }

  private tooOld(write: WriteRecord): JiraClientError {
    const message = 'The write waited too long for a connection (see "maxAgeMs").';
    return this.held.errorOf(write) ?? new JiraClientError(message, { code: 'NOT_CONNECTED' });
  }

  private async sleep(ms?: number): Promise<void> {
    if (this.isWoken) return;
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.waker = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Whether the error is final for this write, and not due to the connection or a temporary state. */
function isVerdict({ status, code, retryable }: JiraClientError): boolean {
  if (status === 0) return code === 'UNSENDABLE' || code === 'MALFORMED_ANSWER';
  return !retryable && status !== 401 && status < 500;
}

/** Whether the server failed at this write alone, so that other writes may succeed. */
function isFault({ status, code, retryable }: JiraClientError): boolean {
  return status >= 500 && !retryable && code !== 'OUTCOME_UNKNOWN';
}

function stopped(cause: JiraClientError): JiraClientError {
  return new JiraClientError('An earlier write to this row was refused.', { code: 'ABORTED', cause });
}

/** The error without its cause, which may hold anything. */
function plainOf({ message, code, status, errors, details, requestId, retryable }: JiraClientError): PlainError {
  return { message, options: { code, status, errors, details, requestId, retryable } };
}
