// A request as the application holds it: a promise that also knows its content.

import type { AnswerFrame } from 'nestjs-jira-protocol';
import type { Call, OpenRequest } from './call.js';
import type { Requests } from './requests.js';

/** The whole answer to a request. */
export interface Answer<Output> {
  readonly data: Output;
  readonly status: number;
  /** The position of the commit, if the request wrote. It equals the `position` of the changes that the request caused. */
  readonly position: string | undefined;
}

/** The promise of a request's output. */
export interface JiraRequest<Output> extends Promise<Output> {
  /** The content of the request. */
  readonly call: Call;
  /** Resolves with the whole answer, including its status and position. */
  answer(): Promise<Answer<Output>>;
}

/** Requests that are not sent yet, and how to send them. `listen` sends its list only once it is subscribed. */
const held = new WeakMap<object, OpenRequest>();

/** Sends the request in the next microtask, so that `listen` can still hold it back. */
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

/** A promise of the answer's output that also knows its call. */
export function requestOf<Output>(call: Call, answer: Promise<Answer<Output>>): JiraRequest<Output> {
  const output = answer.then(({ data }) => data);
  return Object.assign(output, {
    call,
    answer: () => {
      // The failure is reported through `answer`, so it must not also be an unhandled rejection of `output`.
      output.catch(() => undefined);
      return answer;
    },
  });
}

/** Holds back a request that is not sent yet. The caller must release it. Returns undefined if it was sent already. */
export function holdBack(request: JiraRequest<unknown>): OpenRequest | undefined {
  const open = held.get(request);
  held.delete(request);
  return open;
}
