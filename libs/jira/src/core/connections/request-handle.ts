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

  /** Why the request was given up, if it was. */
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

  /** Runs right after the answer was handed to the transport, in the same turn, if it is a success; at once if that was before. */
  afterAnswer(follow: () => void): void {
    if (this.outcome === true) return follow();
    (this.followers ??= []).push(follow);
  }

  /** Runs when the request ends in an error after all; at once if it has. */
  onFailure(undo: () => void): void {
    if (this.outcome === false) return undo();
    (this.undoers ??= []).push(undo);
  }

  settle(isSuccess: boolean): void {
    this.outcome = isSuccess;
    const callbacks = isSuccess ? this.followers : this.undoers;
    // What a subscription keeps of its request is kept as long as it is open.
    this.followers = this.undoers = this.aborters = undefined;
    for (const callback of callbacks ?? []) callback();
  }
}
