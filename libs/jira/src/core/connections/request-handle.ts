// The lifetime of one request: whether it was abandoned, and what runs after its answer.

export class RequestHandle {
  private controller?: AbortController;
  private failure?: Error;
  private aborters?: ((reason: Error) => void)[];
  private followers?: (() => void)[];
  private undoers?: (() => void)[];
  private outcome?: boolean;

  /** Set by the unit of work before its COMMIT: from then on nothing can be undone. */
  isCommitting = false;

  /** Why the request was abandoned, if it was. */
  get aborted(): Error | undefined {
    return this.failure;
  }

  /** Aborts on cancel, disconnect and timeout. Created on first use: most actions never read it. */
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

  /** Calls back right after a successful answer went to the transport, in the same turn; at once if it already has. */
  afterAnswer(follow: () => void): void {
    if (this.outcome === true) return follow();
    (this.followers ??= []).push(follow);
  }

  /** Calls back when the request fails; at once if it already has. */
  onFailure(undo: () => void): void {
    if (this.outcome === false) return undo();
    (this.undoers ??= []).push(undo);
  }

  settle(isSuccess: boolean): void {
    this.outcome = isSuccess;
    const callbacks = isSuccess ? this.followers : this.undoers;
    // An open subscription keeps its request in memory. Unused references are dropped.
    this.followers = this.undoers = this.aborters = undefined;
    for (const callback of callbacks ?? []) callback();
  }
}
