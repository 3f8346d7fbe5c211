// The answer to a request, before it becomes a frame.

export class Answer {
  constructor(
    public status: number,
    public data: unknown,
    /** Position of the commit the request made. */
    public position?: string,
  ) {}
}
