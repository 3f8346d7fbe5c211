// The newest entries of a log, kept for clients that come back: bounded by number, age and bytes.

import type { LoggedEntry, LogStretch } from './change-log.js';
import { sizeOf } from './entry-size.js';

/** What a log keeps for clients that come back. Beyond any of these limits, the oldest entries are dropped. */
export interface HistoryLimits {
  /** Number of entries. @default 10_000, minutes of a busy application */
  readonly commits: number;
  /** Age of an entry, in ms. @default 300_000: five minutes, longer than a tunnel or a deployment */
  readonly ageMs: number;
  /** Estimated size of the rows kept. @default 67_108_864: 64 MiB */
  readonly bytes: number;
}

export const DEFAULT_HISTORY: HistoryLimits = { commits: 10_000, ageMs: 300_000, bytes: 67_108_864 };

interface Kept {
  readonly entry: LoggedEntry;
  readonly at: number;
  readonly bytes: number;
}

/** Slots of dropped entries before the others move up. */
const SLACK = 1_024;

/** The history of a log, in memory. */
export class History {
  private kept: Kept[] = [];
  /** Index in `kept` of the oldest entry. */
  private first = 0;
  /** How many entries were added before each, by position. */
  private readonly ordinals = new Map<string, number>();
  private added = 0;
  private bytes = 0;
  private readonly limits: HistoryLimits;

  /** @param base position before the oldest entry; `undefined` = unknown */
  constructor(
    limits: Partial<HistoryLimits> = {},
    private base?: string,
  ) {
    this.limits = { ...DEFAULT_HISTORY, ...limits };
  }

  /** Position of the newest entry. */
  get tail(): string | undefined {
    return this.kept[this.kept.length - 1]?.entry.position ?? this.base;
  }

  add(entry: LoggedEntry): void {
    const { at = Date.now() } = entry;
    const bytes = sizeOf(entry);
    this.kept.push({ entry, at, bytes });
    this.ordinals.set(entry.position, this.added++);
    this.bytes += bytes;
    this.trim();
  }

  /** The entries after a position, oldest first, at most `limit` of them; `unreachable` if the position is unknown. */
  read(after: string, limit: number): LogStretch | 'unreachable' {
    this.trim();
    const ordinal = this.ordinals.get(after);
    if (ordinal === undefined && after !== this.base) return 'unreachable';
    const oldest = this.added - (this.kept.length - this.first);
    const start = ordinal === undefined ? this.first : this.first + ordinal - oldest + 1;
    const found = this.kept.slice(start, start + limit);
    return {
      entries: found.map(({ entry }) => entry),
      tail: found[found.length - 1]?.entry.position ?? after,
    };
  }

  private trim(): void {
    const { commits, ageMs, bytes } = this.limits;
    const oldest = Date.now() - ageMs;
    while (this.first < this.kept.length) {
      const { entry, at, bytes: freed } = this.kept[this.first];
      if (this.kept.length - this.first <= commits && this.bytes <= bytes && at >= oldest) break;
      this.base = entry.position;
      this.ordinals.delete(entry.position);
      this.bytes -= freed;
      this.kept[this.first++] = DROPPED;
    }
    if (this.first < SLACK || this.first * 2 < this.kept.length) return;
    this.kept = this.kept.slice(this.first);
    this.first = 0;
  }
}

const DROPPED = {} as Kept;
