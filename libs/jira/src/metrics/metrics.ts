// Metrics for Prometheus, from the diagnostics. Labels come from the application's code, never from clients.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { register as defaultRegister, type Registry } from 'prom-client';
import { changeMetrics } from './change-metrics.js';
import { clientMetrics } from './client-metrics.js';
import { Instruments, type Listeners } from './instruments.js';

/** Options of `collectMetrics()`. */
export interface MetricsOptions {
  /** The register for the metrics. @default the default register of prom-client */
  readonly register?: Registry;
  /** Upper bounds of the histograms, in seconds. @default from 1 ms to 10 s */
  readonly buckets?: readonly number[];
}

const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Collects metrics of this process for Prometheus. Call it once, before the application listens. Returns a function that stops
 * collecting and removes the metrics from the register.
 *
 * @throws Error of prom-client if the register already has these metrics
 * @example
 * collectMetrics();
 * const app = await NestFactory.create(AppModule);
 */
export function collectMetrics({ register = defaultRegister, buckets = BUCKETS }: MetricsOptions = {}): () => void {
  const instruments = new Instruments(register, buckets);
  const listeners: Listeners = { ...clientMetrics(instruments), ...changeMetrics(instruments) };
  const heard = Object.entries(listeners).map(([name, listener]) => ({
    channel: `nestjs-jira:${name}`,
    hear: listener as (message: unknown) => void,
  }));
  for (const { channel, hear } of heard) subscribe(channel, hear);
  return () => {
    for (const { channel, hear } of heard) unsubscribe(channel, hear);
    instruments.remove();
  };
}
