// `nestjs-jira load` on a terminal: shows progress while it runs, and a table at the end.

import { clearLine, cursorTo } from 'node:readline';
import type { Percentiles } from './latencies.js';
import { Load, type LoadResult } from './load.js';
import { LOAD_USAGE, loadOptions } from './load-options.js';

const PROGRESS_MS = 1_000;

/** @returns the exit code: 1 if anything was refused or lost */
export async function loadCommand(args: readonly string[]): Promise<number> {
  const options = loadOptions(args);
  if (options === 'help') {
    process.stdout.write(`${LOAD_USAGE}\n`);
    return 0;
  }
  const load = new Load(options);
  const interrupt = (): void => load.end();
  process.once('SIGINT', interrupt);
  const timer = setInterval(() => show(load.result()), PROGRESS_MS);
  try {
    const result = await load.run();
    clearProgress();
    process.stdout.write(`${options.isJson ? JSON.stringify(result, null, 2) : report(result)}\n`);
    return Object.keys(result.errors).length === 0 ? 0 : 1;
  } finally {
    clearInterval(timer);
    process.off('SIGINT', interrupt);
  }
}

/** Shows one line of progress. A terminal overwrites it; other outputs get a new line each second. */
function show({ connections, writes, deliveries, writeMs, deliveryMs, errors }: LoadResult): void {
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  const line = `${connections} connections · ${writes} writes, p99 ${ms(writeMs.p99)} · ${deliveries} frames, p99 ${ms(deliveryMs.p99)} · ${failed} errors`;
  clearProgress();
  process.stderr.write(process.stderr.isTTY ? line : `${line}\n`);
}

function clearProgress(): void {
  if (!process.stderr.isTTY) return;
  clearLine(process.stderr, 0);
  cursorTo(process.stderr, 0);
}

function report({ connections, subscriptions, writes, deliveries, resets, errors, ...times }: LoadResult): string {
  const lines = [
    `connections ${connections}, subscriptions ${subscriptions}, writes ${writes}, frames ${deliveries}, resets ${resets}`,
    `${'ms'.padEnd(22)}${['count', 'p50', 'p95', 'p99', 'max'].map((head) => head.padStart(10)).join('')}`,
    row('connect', times.connectMs),
    row('write to answer', times.writeMs),
    row('write to frame', times.deliveryMs),
    ...Object.entries(errors).map(([why, count]) => `${count} × ${why}`),
  ];
  return lines.join('\n');
}

function row(title: string, { count, p50, p95, p99, max }: Percentiles): string {
  return `${title.padEnd(22)}${[String(count), ...[p50, p95, p99, max].map((one) => one.toFixed(1))].map((text) => text.padStart(10)).join('')}`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
