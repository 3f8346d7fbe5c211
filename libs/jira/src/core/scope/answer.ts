// What a request is answered with, before it becomes a frame.

export class Answer {
  constructor(
    public status: number,
    public data: unknown,
    /** Position of the commit the request made. */
    public position?: string,
  ) {}
}
