// A request in the application's hands: a promise that also knows its content.

import type { AnswerFrame } from 'nestjs-jira-protocol';
import type { Call, OpenRequest } from './call.js';
import type { Requests } from './requests.js';

/** The whole answer to a request. */
export interface Answer<Output> {
  readonly data: Output;
  readonly status: number;
  /** The commit this request made, if it wrote: equal to the `position` of the changes it caused. */
  readonly position: string | undefined;
}

/** The promise of a request's output. */
export interface JiraRequest<Output> extends Promise<Output> {
  /** The content of the request. */
  readonly call: Call;
  /** Resolves to the whole answer, with status and position, instead of the output alone. */
  answer(): Promise<Answer<Output>>;
}

/** Requests not sent yet, and how to send them: `listen` sends its list only once it is subscribed. */
const held = new WeakMap<object, OpenRequest>();

/** Sends in the next microtask, so that `listen` can still hold the request back. */
export function createRequest<Output>(requests: Requests, call: Call): JiraRequest<Output> {
  let open!: OpenRequest;
  const answer = new Promise<Answer<Output>>((resolve, reject) => {
    const done = ({ data, status, position }: AnswerFrame) => resolve({ data: data as Output, status, position });
    open = requests.open(call, { done, failed: reject }, { isHeld: true });
  });
  const request = requestOf<Output>(call, answer);
  held.set(request, open);
  queueMicrotask(() => {
    if (held.delete(request)) open.release();
  });
  return request;
}

/** The promise of an answer's output, which knows its call. */
export function requestOf<Output>(call: Call, answer: Promise<Answer<Output>>): JiraRequest<Output> {
  const output = answer.then(({ data }) => data);
  return Object.assign(output, {
    call,
    answer: () => {
      // Whoever asks for the answer gets its failure there.
      output.catch(() => undefined);
      return answer;
    },
  });
}

/** Holds a request that was not sent yet; the caller releases it. Undefined if it was sent. */
export function holdBack(request: JiraRequest<unknown>): OpenRequest | undefined {
  const open = held.get(request);
  held.delete(request);
  return open;
}
