// Divides a pool's connections: requests leave some for shared work, and each party leaves some for the others.

import { getOrAdd } from '../core/support/get-or-add.js';
import type { RunningRequest } from '../core/scope/running-request.js';

/** How many connections requests may have at once. */
export interface PoolShares {
  readonly ofRequests: number;
  /** How many of these one party may have at once. */
  readonly ofParty: number;
}

/** A smaller pool has no connection to reserve. */
const LEAST_TO_RESERVE = 3;

/** @param percent `reserved`: of the pool, for work that is not a request; `user`: of the rest, for one party at most */
export function poolShares(size: number, percent: { readonly reserved: number; readonly user: number }): PoolShares {
  const reserved = size < LEAST_TO_RESERVE ? 0 : Math.max(1, Math.floor((size * percent.reserved) / 100));
  const ofRequests = Math.max(1, size - reserved);
  return { ofRequests, ofParty: Math.max(1, Math.ceil((ofRequests * percent.user) / 100)) };
}

class Count {
  taken = 0;
  /** Those of `taken` whose request waits for one more connection. */
  blocked = 0;
}

/** One party's share of the pool. */
class Share extends Count {
  readonly queue: { readonly claim: Claim; readonly grant: () => void }[] = [];

  constructor(readonly party: object) {
    super();
  }
}

/** The connections that one request holds and waits for. */
class Claim {
  held = 0;
  waiting = 0;

  constructor(readonly share: Share) {}
}

/**
 * Prevents deadlock: a request that holds a connection and needs another must not wait for requests that wait for it.
 * If every connection is held by a waiting request, the next one is granted beyond the shares.
 */
export class PoolTurns {
  private readonly total = new Count();
  private readonly parties = new Map<object, Share>();
  private readonly claims = new Map<RunningRequest, Claim>();
  /** Shares with waiting requests, in the order of their turns. */
  private readonly order: Share[] = [];

  constructor(private readonly shares: PoolShares) {}

  /** Undefined if the request may take a connection now; otherwise a promise of its turn. Call `give` once for each. */
  take(request: RunningRequest): Promise<void> | undefined {
    const claim = getOrAdd(this.claims, request, () => new Claim(this.shareOf(request.party)));
    if (this.isFreeFor(claim)) {
      this.count(claim, 1);
      return undefined;
    }
    return new Promise((grant) => this.wait(claim, grant));
  }

  /** Whether the request would not have to wait. */
  isNext(request: RunningRequest): boolean {
    const claim = this.claims.get(request);
    return claim ? this.isFreeFor(claim) : this.hasRoomFor(this.parties.get(request.party));
  }

  /** Call it once the pool has the connection back. */
  give(request: RunningRequest): void {
    const claim = this.claims.get(request);
    if (!claim) return;
    this.count(claim, -1);
    this.forget(request, claim);
    while (this.grantNext());
  }

  private shareOf(party: object): Share {
    return getOrAdd(this.parties, party, () => new Share(party));
  }

  private wait(claim: Claim, grant: () => void): void {
    const { share } = claim;
    if (share.queue.length === 0) this.order.push(share);
    if (claim.held > 0) share.queue.unshift({ claim, grant });
    else share.queue.push({ claim, grant });
    if (claim.waiting++ === 0) this.block(share, claim.held);
  }

  private grantNext(): boolean {
    const index = this.order.findIndex(({ queue: [head] }) => head && this.isFreeFor(head.claim));
    const [share] = index < 0 ? [] : this.order.splice(index, 1);
    const head = share?.queue.shift();
    if (!share || !head) return false;
    if (share.queue.length > 0) this.order.push(share);
    const { claim, grant } = head;
    if (--claim.waiting === 0) this.block(share, -claim.held);
    this.count(claim, 1);
    grant();
    return true;
  }

  private isFreeFor(claim: Claim): boolean {
    if (this.hasRoomFor(claim.share)) return true;
    const { shares, total } = this;
    return isStuck(total.taken >= shares.ofRequests ? total : claim.share, claim);
  }

  private hasRoomFor(share: Share | undefined): boolean {
    const { shares, total } = this;
    return total.taken < shares.ofRequests && (share?.taken ?? 0) < shares.ofParty;
  }

  private count(claim: Claim, change: 1 | -1): void {
    claim.held += change;
    claim.share.taken += change;
    this.total.taken += change;
    if (claim.waiting > 0) this.block(claim.share, change);
  }

  private block(share: Share, change: number): void {
    share.blocked += change;
    this.total.blocked += change;
  }

  private forget(request: RunningRequest, { held, waiting, share }: Claim): void {
    if (held === 0 && waiting === 0) this.claims.delete(request);
    if (share.taken === 0 && share.queue.length === 0) this.parties.delete(share.party);
  }
}

/** Whether every holder would be waiting for more, once this request waits. */
function isStuck({ taken, blocked }: Count, { held, waiting }: Claim): boolean {
  return held > 0 && taken === blocked + (waiting > 0 ? 0 : held);
}
