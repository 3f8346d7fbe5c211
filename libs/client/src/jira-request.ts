// A request as the application holds it: a promise that also knows what it asked.

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
  /** What was asked. */
  readonly call: Call;
  /** Resolves to the whole answer, with status and position, in place of the output alone. */
  answer(): Promise<Answer<Output>>;
}

/** Requests not yet sent, and how to let them go: `listen` wants its list asked only after it is subscribed. */
const held = new WeakMap<object, OpenRequest>();

/** Asks in the next microtask, so that who is given the promise at once can still hold it back. */
export function createRequest<Output>(requests: Requests, call: Call): JiraRequest<Output> {
  let open!: OpenRequest;
  const answer = new Promise<Answer<Output>>((resolve, reject) => {
    const done = ({ data, status, position }: AnswerFrame) => resolve({ data: data as Output, status, position });
    open = requests.open(call, { done, failed: reject }, { isHeld: true });
  });
  const output = answer.then(({ data }) => data);
  const request: JiraRequest<Output> = Object.assign(output, {
    call,
    answer: () => {
      // Who asks for the answer hears its failure there.
      output.catch(() => undefined);
      return answer;
    },
  });
  held.set(request, open);
  queueMicrotask(() => {
    if (held.delete(request)) open.release();
  });
  return request;
}

/** Takes a request that was not sent yet; the caller releases it. Undefined when it is on its way. */
export function holdBack(request: JiraRequest<unknown>): OpenRequest | undefined {
  const open = held.get(request);
  held.delete(request);
  return open;
}
