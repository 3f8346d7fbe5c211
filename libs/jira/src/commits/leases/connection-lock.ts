// A fair lock: first come, first served, with a timeout.

import { JiraException } from '../../core/errors/jira.exception.js';

interface Waiter<Holder> {
  readonly holder: Holder;
  readonly grant: () => void;
}

/** The source of those that wait, which can be paused. */
export interface Crowd {
  hold(): void;
  resume(): void;
}

/** Waiters are served in the order they came. With this many, further callers are held back where turns are assigned. */
const CROWD = 4;

export class ConnectionLock<Holder extends object> {
  private current: Holder | undefined;
  private queue: Waiter<Holder>[] = [];

  private isCrowded = false;

  constructor(
    private readonly timeoutMs: number,
    private readonly crowd?: Crowd,
  ) {}

  get holder(): Holder | undefined {
    return this.current;
  }

  /**
   * Undefined if the lock is free or already the holder's; otherwise a promise of its turn.
   *
   * @throws JiraException LOCK_TIMEOUT
   */
  acquire(holder: Holder): Promise<void> | undefined {
    if (this.current === holder) return undefined;
    if (!this.current) {
      this.current = holder;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.queue = this.queue.filter((other) => other !== waiter);
        this.tellCrowd();
        reject(lockTimeout(this.timeoutMs));
      }, this.timeoutMs);
      const grant = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const waiter = { holder, grant };
      this.queue.push(waiter);
      this.tellCrowd();
    });
  }

  /** Hands the lock to another holder, ahead of all waiters. */
  pass(holder: Holder, successor: Holder): void {
    if (this.current === holder) this.current = successor;
  }

  /** Passes the lock on. Does nothing if the holder does not have it. */
  release(holder: Holder): void {
    if (this.current !== holder) return;
    this.current = this.queue[0]?.holder;
    // All waiters for the same holder share its turn.
    const granted = this.queue.filter((waiter) => waiter.holder === this.current);
    this.queue = this.queue.filter((waiter) => waiter.holder !== this.current);
    for (const waiter of granted) waiter.grant();
    this.tellCrowd();
  }

  private tellCrowd(): void {
    const isCrowded = this.queue.length >= CROWD;
    if (isCrowded === this.isCrowded) return;
    this.isCrowded = isCrowded;
    if (isCrowded) this.crowd?.hold();
    else this.crowd?.resume();
  }
}

function lockTimeout(timeoutMs: number): JiraException {
  return new JiraException(
    'LOCK_TIMEOUT',
    `Waited ${timeoutMs} ms for the only database connection, which another transaction is holding. ` +
      'A transaction must not wait for work outside it that needs the same database.',
  );
}
