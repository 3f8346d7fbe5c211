// A promise that its owner settles.

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
  // Applications may ignore `ready`, so a refusal must not become an unhandled rejection.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
