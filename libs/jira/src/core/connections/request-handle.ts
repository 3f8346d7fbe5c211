// The lifetime of one request: whether it is still wanted, and what follows its answer.

export class RequestHandle {
  private controller?: AbortController;
  private failure?: Error;
  private aborters?: ((reason: Error) => void)[];
  private followers?: (() => void)[];
  private undoers?: (() => void)[];
  private outcome?: boolean;

  /** Set by the unit of work before its COMMIT: from here on nothing can be undone. */
  isCommitting = false;

  /** Why the request was abandoned, if it was. */
  get aborted(): Error | undefined {
    return this.failure;
  }

  /** Aborts on cancel, disconnect and timeout. Made on first use: most actions never look at it. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.failure) this.controller.abort(this.failure);
    return this.controller.signal;
  }

  abort(reason: Error): void {
    if (this.failure) return;
    this.failure = reason;
    this.controller?.abort(reason);
    for (const callback of this.aborters ?? []) callback(reason);
  }

  onAbort(callback: (reason: Error) => void): void {
    (this.aborters ??= []).push(callback);
  }

  /** Runs in the same turn after a successful answer was handed to the transport; at once if it already was. */
  afterAnswer(follow: () => void): void {
    if (this.outcome === true) return follow();
    (this.followers ??= []).push(follow);
  }

  /** Runs when the request fails; at once if it already has. */
  onFailure(undo: () => void): void {
    if (this.outcome === false) return undo();
    (this.undoers ??= []).push(undo);
  }

  settle(isSuccess: boolean): void {
    this.outcome = isSuccess;
    const callbacks = isSuccess ? this.followers : this.undoers;
    // An open subscription keeps its request in memory, so nothing more than needed stays on it.
    this.followers = this.undoers = this.aborters = undefined;
    for (const callback of callbacks ?? []) callback();
  }
}
