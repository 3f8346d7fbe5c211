// Detects crashed processes, whose last commits may never have reached the stream.

import type { RedisLink } from './redis-link.js';

/**
 * Renews this process's lease, and reports processes whose lease has ended, once to all readers of the stream. If its
 * own lease had ended, as all do during an outage of Redis, it gives the others time to renew theirs. Uses the clock of
 * Redis. KEYS: leases, stream. ARGV: this process, ms of a lease, reason. Returns the time.
 */
const RENEW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local mine = redis.call('ZSCORE', KEYS[1], ARGV[1])
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  if not mine or tonumber(mine) < now then return now end
  local ended = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
  if ended > 0 then redis.call('XADD', KEYS[2], '*', 'gap', ARGV[3]) end
  return now`;

/** The time in an answer that took longer than this is too inaccurate. */
const MAX_ANSWER_MS = 1_000;

export class NodeLease {
  private timer?: NodeJS.Timeout;
  private ahead: number | undefined;

  constructor(
    private readonly link: RedisLink,
    private readonly stream: string,
    private readonly node: string,
    private readonly leaseMs: number,
  ) {}

  /** Resolves once this process is registered, so that its end would be noticed. */
  async start(): Promise<void> {
    this.timer = setInterval(() => {
      if (this.link.isReady) this.renew().catch(() => undefined);
    }, this.leaseMs / 3).unref();
    // Redis may become unavailable in between: the timer retries.
    await this.renew().catch(() => undefined);
  }

  /** The time of Redis, or a little later; `undefined` until it has answered. */
  get now(): number | undefined {
    return this.ahead === undefined ? undefined : Math.ceil(performance.now() + this.ahead);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Ends the lease without a report: every commit of this process reached the stream. */
  async giveUp(): Promise<void> {
    this.stop();
    await (await this.link.commands).zRem(this.key, this.node);
  }

  private get key(): string {
    return `${this.stream}:leases`;
  }

  private async renew(): Promise<void> {
    const reason = 'A process ended without shutting down; its last commits may not have been announced.';
    const client = await this.link.commands;
    const asked = performance.now();
    const time = await client.eval(RENEW, {
      keys: [this.key, this.stream],
      arguments: [this.node, `${this.leaseMs}`, reason],
    });
    if (performance.now() - asked < MAX_ANSWER_MS) this.ahead = Number(time) + 1 - asked;
  }
}
