// Port: the protocol's own requests. Their actions begin with `$`, which is reserved.

import type { RequestFrame } from 'nestjs-jira-protocol';
import type { RequestTarget } from './registry.js';

/**
 * Finds the protocol's own requests. They are served during a shutdown, too. Those that are not counted have no request limits
 * and cannot be cancelled. Listeners do not see them, because their data may be credentials. This is an abstract class, so that
 * it can be an injection token.
 */
export abstract class ReservedRequests {
  /** What answers this frame; `undefined` if it is for a hook. */
  abstract find(namespace: string, frame: RequestFrame): RequestTarget | undefined;
}
