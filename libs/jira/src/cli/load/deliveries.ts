// From a write to the frames that it led to, by the position that its answer and they have.

import { Latencies } from './latencies.js';

/** Positions that are remembered: frames of older writes are counted, and not timed. */
const MAX = 10_000;

export class Deliveries {
  readonly latencies = new Latencies();
  count = 0;
  resets = 0;
  private readonly sentAt = new Map<string, number>();
  /** Frames that were faster than the answer to their write. */
  private readonly early = new Map<string, number[]>();

  frame(type: string, position: string): void {
    this.count++;
    if (type === 'reset') this.resets++;
    const at = this.sentAt.get(position);
    if (at !== undefined) return this.latencies.add(performance.now() - at);
    const times = this.early.get(position);
    if (times) times.push(performance.now());
    else keep(this.early, position, [performance.now()]);
  }

  /** The write that began at this time had this position. */
  written(position: string, startedAt: number): void {
    keep(this.sentAt, position, startedAt);
    for (const at of this.early.get(position) ?? []) this.latencies.add(at - startedAt);
    this.early.delete(position);
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX && oldest !== undefined) map.delete(oldest);
}
