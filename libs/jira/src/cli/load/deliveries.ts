// Measures the time from a write to its change frames, which have the same position as its answer.

import { Latencies } from './latencies.js';

/** Maximum number of positions to remember. Frames of older writes are counted, but not timed. */
const MAX = 10_000;

export class Deliveries {
  readonly latencies = new Latencies();
  count = 0;
  resets = 0;
  private readonly sentAt = new Map<string, number>();
  /** Arrival times of frames that came before the answer to their write, by position. */
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

  /** Records the position of a write that began at `startedAt`. */
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
