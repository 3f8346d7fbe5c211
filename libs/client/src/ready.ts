// A promise that others settle.

import type { JiraClientError } from './errors.js';

export interface Ready {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: JiraClientError): void;
}

export function createReady(): Ready {
  let resolve!: () => void;
  let reject!: (error: JiraClientError) => void;
  const promise = new Promise<void>((...both) => ([resolve, reject] = both));
  // `ready` is optional: an ignored refusal must not be an unhandled rejection.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
