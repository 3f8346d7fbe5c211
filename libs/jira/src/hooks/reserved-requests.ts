// Port: requests of the protocol's own. Their actions begin with `$`, which no hook's may.

import type { RequestFrame } from 'nestjs-jira-protocol';
import type { RequestTarget } from './registry.js';

/**
 * Finds them. Neither the limits of requests nor a shutdown hold them back, they cannot be cancelled, and listeners do not
 * hear of them, as their data may be credentials. Abstract class, so that it can be a token of dependency injection.
 */
export abstract class ReservedRequests {
  /** What answers this frame; `undefined` = it is a hook's. */
  abstract find(namespace: string, frame: RequestFrame): RequestTarget | undefined;
}
