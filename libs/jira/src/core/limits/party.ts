// The parties that take turns: a user, the anonymous callers of an address, or a single connection.

import { AsyncResource } from 'node:async_hooks';
import { TokenBucket, type TokenBuckets } from './token-bucket.js';

/** What the requests of one party share, over all its connections. */
export class Party {
  /** Open connections. */
  private connections = 0;
  /** Requests that are unanswered, or abandoned and not ended. */
  private requests = 0;
  /** Requests that wait for their turn, oldest first. */
  readonly waiting: WaitingRequest[] = [];
  private ownBudget?: TokenBucket;

  /** @param home where it is registered under its key until it has neither connections nor requests; absent = nowhere */
  constructor(
    private readonly home?: Home,
    private readonly key = '',
  ) {}

  get inFlight(): number {
    return this.requests;
  }

  /** The weight that its requests may use. It outlives the party: a client that reconnects at once gets the same budget. */
  budget(perSecond: number, atOnce: number): TokenBucket {
    return this.home?.budgets.of(this.key) ?? (this.ownBudget ??= new TokenBucket(perSecond, atOnce));
  }

  joined(): void {
    this.connections++;
  }

  left(): void {
    this.connections--;
    this.forgetIfIdle();
  }

  began(): void {
    this.requests++;
  }

  ended(): void {
    this.requests--;
    this.forgetIfIdle();
  }

  private forgetIfIdle(): void {
    if (this.requests === 0 && this.connections === 0) this.home?.byKey.delete(this.key);
  }
}

/** Begins a request. Returns false if it was abandoned while it waited. */
export type Begin = () => boolean;

/** A request that begins in the async context in which it was queued. `AsyncResource.bind` costs a hundred times as much. */
export class WaitingRequest extends AsyncResource {
  constructor(private readonly start: Begin) {
    super('nestjs-jira:WaitingRequest');
  }

  begin(): boolean {
    return this.runInAsyncScope(this.start);
  }
}

interface Home {
  readonly byKey: Map<string, Party>;
  readonly budgets: TokenBuckets;
}

export class Parties implements Home {
  readonly byKey = new Map<string, Party>();

  constructor(readonly budgets: TokenBuckets) {}

  /** @param key `undefined` for a party of its own */
  of(key: string | undefined): Party {
    if (key === undefined) return new Party();
    const known = this.byKey.get(key);
    if (known) return known;
    const party = new Party(this, key);
    this.byKey.set(key, party);
    return party;
  }
}
