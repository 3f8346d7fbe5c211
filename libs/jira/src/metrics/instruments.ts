// Creates metrics in one register, and removes them again.

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { DiagnosticMessages } from '../core/diagnostics/diagnostics.js';

type Name = keyof DiagnosticMessages;
export type Listeners = { readonly [N in Name]?: (message: DiagnosticMessages[N]) => void };

/** The label for names that clients made up. */
export const OTHER = '_other';

export class Instruments {
  private readonly names: string[] = [];

  constructor(
    private readonly register: Registry,
    private readonly buckets: readonly number[],
  ) {}

  counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ ...this.common(name, help), labelNames });
  }

  gauge<Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> {
    return new Gauge({ ...this.common(name, help), labelNames });
  }

  /** A histogram of seconds. */
  histogram<Label extends string>(name: string, help: string, ...labelNames: Label[]): Histogram<Label> {
    return new Histogram({ ...this.common(name, help), labelNames, buckets: [...this.buckets] });
  }

  remove(): void {
    for (const name of this.names) this.register.removeSingleMetric(name);
  }

  private common(name: string, help: string): { name: string; help: string; registers: Registry[] } {
    this.names.push(name);
    return { name, help, registers: [this.register] };
  }
}
