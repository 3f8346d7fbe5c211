// docs/grafana.json and the table of docs/operating.md: every metric that is exported is on both, and no other is.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { collectMetrics } from 'nestjs-jira/metrics';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly { readonly expr: string }[];
}

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const { panels } = JSON.parse(read('docs/grafana.json')) as { panels: readonly Panel[] };
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Labels by metric. */
async function exported(): Promise<ReadonlyMap<string, readonly string[]>> {
  const register = new Registry();
  const stop = collectMetrics({ register });
  const metrics = register.getMetricsAsArray() as readonly { readonly name: string; readonly labelNames?: string[] }[];
  const found = new Map(metrics.map(({ name, labelNames = [] }) => [name, labelNames]));
  stop();
  return found;
}

const nameOf = (series: string): string => series.replace(/_(bucket|count|sum)$/, '');

it('shows every metric, and none that does not exist', async () => {
  const shown = expressions.flatMap((expr) => (expr.match(/\bjira_\w+/g) ?? []).map(nameOf));
  expect([...new Set(shown)].toSorted()).toEqual([...(await exported()).keys()].toSorted());
});

it('groups by labels that its metrics have', async () => {
  const metrics = await exported();
  for (const expr of expressions) {
    const labels = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(/, */) ?? [];
    const known = metrics.get(nameOf(/\bjira_\w+/.exec(expr)?.[0] ?? '')) ?? [];
    expect([expr, labels.filter((label) => !['le', 'instance', ...known].includes(label))]).toEqual([expr, []]);
  }
});

it('has panels that do not lie on each other, and ids of their own', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});

it('is explained by the page, with its labels', async () => {
  const rows = [...read('docs/operating.md').matchAll(/^\| `(jira_\w+)` +\| ([^|]*)\|/gm)];
  const told = rows.map(([, name = '', labels = '']) => [name, labels.trim().split(/, */).filter(Boolean)]);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(await exported()));
});
