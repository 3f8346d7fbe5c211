// Port: requests of the protocol's own. Their actions begin with `$`, which no hook's may.

import type { RequestFrame } from 'nestjs-jira-protocol';
import type { RequestTarget } from './registry.js';

/**
 * Finds them. A shutdown does not hold them back, nor the limits of requests those that are not counted, which cannot be
 * cancelled. Listeners do not hear of them, as their data may be credentials. Abstract class, so that it can be a token of dependency injection.
 */
export abstract class ReservedRequests {
  /** What answers this frame; `undefined` = it is a hook's. */
  abstract find(namespace: string, frame: RequestFrame): RequestTarget | undefined;
}
