// Collects times in Node's histogram and returns percentiles in ms.

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Three significant digits of a time are enough; it is recorded in microseconds. */
const FIGURES = 3;
const MICROSECONDS = 1_000;

export class Latencies {
  private readonly histogram: RecordableHistogram = createHistogram({ figures: FIGURES });

  add(ms: number): void {
    this.histogram.record(Math.max(1, Math.round(ms * MICROSECONDS)));
  }

  percentiles(): Percentiles {
    const { count, max } = this.histogram;
    const at = (percent: number): number => (count === 0 ? 0 : this.histogram.percentile(percent) / MICROSECONDS);
    return { count, p50: at(50), p95: at(95), p99: at(99), max: count === 0 ? 0 : max / MICROSECONDS };
  }
}
