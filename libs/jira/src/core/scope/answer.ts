// The answer to a request, before it becomes a frame.

/** An answer with a status of its own. Return one from an action: `return new Answer(202, { jobId })`. */
export class Answer {
  constructor(
    public status: number,
    public data: unknown,
    /** Position of the request's commit in the change log. Set by the server. */
    public position?: string,
  ) {}
}
