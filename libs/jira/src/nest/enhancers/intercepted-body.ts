// An action inside interceptors: they see its result, or the Observable of its items if it streams.

import { isObservable, Observable, type Subscriber } from 'rxjs';
import type { ActionBody } from '../../hooks/enhancers.js';
import type { StreamSink } from '../../hooks/stream.js';
import { Answer } from '../../core/scope/answer.js';
import type { ActionScope, HookScope } from '../../core/scope/scope.js';

type Call = (scope: HookScope) => Promise<unknown>;

/** @param surround puts interceptors around a function, and returns their Observable rather than its last value */
export function interceptedBody(inner: ActionBody, surround: (run: (scope: HookScope) => unknown) => Call): ActionBody {
  const runs = new WeakMap<HookScope, Run>();
  const call = surround((scope) => runs.get(scope)?.start());
  return async (scope, sinkOf) => {
    const run = new Run(inner, scope, () => sinkOf(scope));
    runs.set(scope, run);
    const seen = await call(scope);
    return isObservable(seen) ? run.follow(seen) : seen;
  };
}

class Run {
  private items?: Items;
  private isOver = false;
  /** Settles with the action, including its transaction. */
  private done?: Promise<unknown>;

  constructor(
    private readonly inner: ActionBody,
    private readonly scope: ActionScope,
    private readonly target: () => StreamSink,
  ) {}

  /** Resolves with the action's result or, as soon as it streams, with the Observable of its items. */
  start(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const done = this.inner(this.scope, () => {
        this.items = new Items(this.target(), resolve);
        if (this.isOver) this.items.stop();
        return this.items;
      });
      this.done = done;
      done.then(
        (result) => (this.items ? this.items.complete() : resolve(result)),
        (error: unknown) => (this.items ? this.items.fail(error) : reject(error as Error)),
      );
    });
  }

  /** The interceptors' result: their last value, or items on their way to the client. */
  follow(seen: Observable<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let last: unknown;
      const over = (settle: () => void, reason?: Error): void => {
        this.isOver = true;
        this.items?.stop(reason);
        if (!this.items) return settle();
        // The answer comes after the commit.
        const settled = (): void => settle();
        void this.done?.then(settled, settled);
      };
      const fail = (error: Error): void => over(() => reject(error), error);
      const subscription = seen.subscribe({
        next: (value) => {
          if (!this.items) return void (last = value);
          try {
            this.items.deliver(value);
          } catch (error) {
            fail(error as Error);
            queueMicrotask(() => subscription.unsubscribe()); // it may emit before subscribe() has returned
          }
        },
        error: fail,
        complete: () => over(() => (this.items ? this.items.settle(resolve, reject) : resolve(last))),
      });
    });
  }
}

/** Items on their way from the action through the interceptors to their target. */
class Items implements StreamSink {
  private subscriber?: Subscriber<unknown>;
  private end?: (reason?: Error) => void;
  private stopped?: { readonly reason?: Error };
  private full: PromiseLike<void> | undefined;
  private returned: unknown;
  /** An error that came too late for the interceptors. */
  private unheard?: { readonly error: unknown };

  constructor(
    private readonly target: StreamSink,
    private readonly show: (items: Observable<unknown>) => void,
  ) {}

  open(end: (reason?: Error) => void): Promise<void> {
    this.end = end;
    if (this.stopped) end(this.stopped.reason);
    return new Promise((resolve) => {
      const items = new Observable<unknown>((subscriber) => {
        this.subscriber = subscriber;
        resolve();
        return () => this.stop();
      });
      this.show(items);
    });
  }

  send(item: unknown): PromiseLike<void> | undefined {
    this.subscriber?.next(item);
    return this.full;
  }

  close(returned: unknown): Answer {
    this.returned = returned;
    return new Answer(200, null);
  }

  /** Passes on an item that came through the interceptors. */
  deliver(item: unknown): void {
    this.full = this.target.send(item);
  }

  stop(reason?: Error): void {
    this.stopped ??= { reason };
    this.end?.(reason);
  }

  complete(): void {
    this.subscriber?.complete();
  }

  fail(error: unknown): void {
    if (this.subscriber && !this.subscriber.closed) this.subscriber.error(error);
    else this.unheard = { error };
  }

  settle(resolve: (answer: Answer | Promise<Answer>) => void, reject: (error: Error) => void): void {
    if (this.unheard) reject(this.unheard.error as Error);
    else resolve(this.target.close(this.returned));
  }
}
