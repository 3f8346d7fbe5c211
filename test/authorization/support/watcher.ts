// A user with subscriptions, and what each of them was told.

import type { TestClient } from '../../support/app.js';
import type { Filter } from './world.js';

export interface Watch {
  readonly namespace: string;
  readonly filter: Filter;
  readonly requestId: string;
  /** What two watches share if they ask for the same. */
  channel: string;
  /** The rows it has by what it was told, by id. */
  held: Map<number, object>;
}

export class Watcher {
  readonly watches = new Map<string, Watch>();
  /** Every channel ever told of. */
  readonly channels = new Map<string, Watch>();
  checked = 0;

  constructor(
    readonly userId: number,
    readonly client: TestClient,
  ) {}
}
