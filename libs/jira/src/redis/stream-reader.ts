// Reads a Redis stream from its end on, and notices when it could not read all.

import type { RedisLink, RedisClient } from './redis-link.js';

export interface StreamEntry {
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface StreamListener {
  /** Called in the stream's order. */
  onEntry(entry: StreamEntry): void;
  /** Entries may have been missed: trimmed away, or lost with the memory of a Redis. */
  onGap(error: Error): void;
}

const BLOCK_MS = 5_000;
const COUNT = 200;
const RETRY_MS = 100;

export class StreamReader {
  private last = '0-0';
  private opened?: { readonly client: RedisClient; readonly connected: Promise<RedisClient> };
  private isStopped = false;

  constructor(
    private readonly link: RedisLink,
    private readonly key: string,
    private readonly listener: StreamListener,
  ) {}

  /** Resolves when every entry from now on will be read. */
  async start(): Promise<void> {
    this.opened = this.link.open();
    const client = await this.opened.connected;
    this.last = (await newest(client, this.key)) ?? '0-0';
    void this.run(client);
  }

  stop(): void {
    this.isStopped = true;
    if (this.opened) this.link.end(this.opened.client);
  }

  private async run(client: RedisClient): Promise<void> {
    let isSure = true;
    while (!this.isStopped) {
      try {
        if (!isSure) await this.check(client);
        isSure = true;
        await this.read(client);
      } catch {
        // The connection was lost, and comes back by itself; Redis may be another than before.
        isSure = false;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private async read(client: RedisClient): Promise<void> {
    const reply = await client.xRead({ key: this.key, id: this.last }, { BLOCK: BLOCK_MS, COUNT });
    for (const { messages } of (reply ?? []) as readonly { messages: readonly RawEntry[] }[])
      for (const { id, message } of messages) {
        this.last = id;
        this.listener.onEntry({ id, fields: message });
      }
  }

  private async check(client: RedisClient): Promise<void> {
    const oldest = (await client.xRange(this.key, '-', '+', { COUNT: 1 }))?.[0]?.id;
    const last = await newest(client, this.key);
    if (this.last === '0-0') return;
    const isLost = last === undefined || compareIds(last, this.last) < 0;
    if (!isLost && oldest !== undefined && compareIds(oldest, this.last) <= 0) return;
    if (isLost) this.last = last ?? '0-0';
    this.listener.onGap(new Error(isLost ? 'Redis has lost commits.' : 'Redis no longer has all commits.'));
  }
}

interface RawEntry {
  readonly id: string;
  readonly message: Record<string, string>;
}

async function newest(client: RedisClient, key: string): Promise<string | undefined> {
  return (await client.xRevRange(key, '+', '-', { COUNT: 1 }))?.[0]?.id;
}

/** Ids are `<milliseconds>-<number>`. */
function compareIds(a: string, b: string): number {
  const [aTime, aCount] = a.split('-').map(Number);
  const [bTime, bCount] = b.split('-').map(Number);
  return aTime - bTime || aCount - bCount;
}
