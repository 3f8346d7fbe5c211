// Whoever takes turns with others: a user, an address where nobody has said who they are, or a single connection.

import { AsyncResource } from 'node:async_hooks';
import { TokenBucket, type TokenBuckets } from './token-bucket.js';

/** What the requests of one party have in common, whatever connections they come by. */
export class Party {
  /** Open ones. */
  private connections = 0;
  /** Requests unanswered, or given up and not ended. */
  private requests = 0;
  /** Requests that wait for their turn, oldest first. */
  readonly waiting: WaitingRequest[] = [];
  private ownBudget?: TokenBucket;

  /** @param home where it is found by its key, until it has neither connections nor requests; absent = nowhere */
  constructor(
    private readonly home?: Home,
    private readonly key = '',
  ) {}

  get inFlight(): number {
    return this.requests;
  }

  /** What they may weigh; it outlives the party, for whoever comes back at once. */
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

/** Begins a request; false if it was given up while it waited. */
export type Begin = () => boolean;

/** Begins in the asynchronous context in which it began to wait. `AsyncResource.bind` costs a hundred times as much. */
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

  /** @param key undefined for somebody who has nothing in common with others */
  of(key: string | undefined): Party {
    if (key === undefined) return new Party();
    const known = this.byKey.get(key);
    if (known) return known;
    const party = new Party(this, key);
    this.byKey.set(key, party);
    return party;
  }
}
