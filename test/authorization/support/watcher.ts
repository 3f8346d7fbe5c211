// A user with subscriptions, and the rows that each subscription holds.

import type { TestClient } from '../../support/app.js';
import type { Filter } from './world.js';

export interface Watch {
  readonly namespace: string;
  readonly filter: Filter;
  readonly requestId: string;
  /** Channel of the subscription. Watches that ask for the same rows share one. */
  channel: string;
  /** The rows that the changes so far leave it with, by id. */
  held: Map<number, object>;
}

export class Watcher {
  readonly watches = new Map<string, Watch>();
  /** Every channel that an answer to a subscribe has ever named, with its watch. */
  readonly channels = new Map<string, Watch>();
  checked = 0;

  constructor(
    readonly userId: number,
    readonly client: TestClient,
  ) {}
}
