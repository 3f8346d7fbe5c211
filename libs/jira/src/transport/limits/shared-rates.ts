// Counts the rates of users and addresses over several processes. Counts are exchanged at intervals, so that no message
// waits for another process.

import { randomUUID } from 'node:crypto';
import type { PubSub, PubSubSubscription } from '../../cluster/messaging/pub-sub.js';
import type { TokenBuckets } from '../../core/limits/token-bucket.js';

/** Interval of the exchange, in ms: it takes at most this long to notice that a rate is exceeded over several processes. */
const TELL_MS = 250;
/** Below this share of the rate nothing is exchanged: even ten processes together would not exceed it. */
const WORTH_TELLING = 0.1;
const KEY = '$jira.rates';

interface Told {
  readonly node: string;
  readonly taken: Readonly<Record<string, readonly [key: string, count: number][]>>;
}

export class SharedRates {
  private readonly node = randomUUID();
  private timer?: NodeJS.Timeout;
  private heard?: PubSubSubscription<Told>;

  constructor(
    private readonly pubSub: PubSub,
    private readonly buckets: Readonly<Record<string, TokenBuckets>>,
    private readonly report: (error: unknown) => void,
  ) {}

  start(): void {
    this.heard = this.pubSub.subscribe<Told>(KEY, { overflow: 'drop-oldest' });
    this.listen(this.heard).catch(this.report);
    this.timer = setInterval(() => this.tell(), TELL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    void this.heard?.return();
  }

  private tell(): void {
    const taken: Record<string, [string, number][]> = {};
    let isAny = false;
    for (const [name, buckets] of Object.entries(this.buckets)) {
      taken[name] = buckets.collect((TELL_MS * WORTH_TELLING) / 1_000);
      isAny ||= taken[name].length > 0;
    }
    // While the PubSub server is unavailable, each process counts for itself: late counts are useless.
    if (isAny && this.pubSub.isAlive) this.pubSub.publish(KEY, { node: this.node, taken } satisfies Told).catch(this.report); // prettier-ignore
  }

  private async listen(told: PubSubSubscription<Told>): Promise<void> {
    for await (const { node, taken } of told) {
      if (node === this.node) continue;
      for (const [name, counts] of Object.entries(taken))
        for (const [key, count] of counts) this.buckets[name]?.of(key).spend(count);
    }
  }
}
