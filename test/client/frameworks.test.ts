// The bindings for Vue, Svelte and Solid, without a page.

import { createRoot, createSignal } from 'solid-js';
import { get } from 'svelte/store';
import { effectScope, ref } from 'vue';
import { describe, expect, it, vi } from 'vitest';
import { createLive, createLiveRow } from 'nestjs-jira-client/solid';
import { live, liveRow } from 'nestjs-jira-client/svelte';
import { useLive, useRow } from 'nestjs-jira-client/vue';
import type { LiveSnapshot } from 'nestjs-jira-client/store';
import { inspect } from '../../libs/client/src/client.js';
import { TrackerClients } from './tracker-clients.js';

// Solid's build for Node renders once and reacts to nothing.
vi.mock('solid-js', () => vi.importActual('solid-js/dist/solid.js'));

type Status = 'open' | 'done';
const titles = ({ rows }: LiveSnapshot<{ title: string }>): string => rows.map(({ title }) => title).join(' ');

describe('the binding', () => {
  it('for Vue follows the server and its query, and ends with its scope', async () => {
    await using tracker = await TrackerClients.start();
    const jira = tracker.client(1);
    const issues = jira.hook('issues');
    const status = ref<Status>('open');
    const scope = effectScope();
    const made = scope.run(() => ({
      list: useLive(issues, () => ({ status: status.value })),
      row: useRow(issues, 1),
    }));
    const { list, row } = made as NonNullable<typeof made>;
    expect(list.value.status).toBe('loading');
    await issues.create({ title: 'a', projectId: 1 });
    await expect.poll(() => [titles(list.value), titles(row.value)]).toEqual(['a', 'a']);
    status.value = 'done';
    await expect.poll(() => list.value).toMatchObject({ rows: [], status: 'ready' });
    await issues.action('close', { id: 1 });
    await expect.poll(() => titles(list.value)).toBe('a');
    scope.stop();
    await expect.poll(() => inspect(jira)['subscriptions']).toBe(0);
  });

  it('for Svelte follows the server, and ends with its last subscriber', async () => {
    await using tracker = await TrackerClients.start();
    const jira = tracker.client(1);
    const issues = jira.hook('issues');
    const list = live(issues, { status: 'open' }, { keepMs: 10 });
    const row = liveRow(issues, 1);
    const seen: string[] = [];
    const stops = [list.subscribe((now) => seen.push(titles(now))), row.subscribe(() => undefined)];
    await issues.create({ title: 'a', projectId: 1 });
    await expect.poll(() => seen.at(-1)).toBe('a');
    await expect.poll(() => titles(get(row))).toBe('a');
    for (const stop of stops) stop();
    await expect.poll(() => inspect(jira)['subscriptions']).toBe(0);
  });

  it('for Solid follows the server and its query, and ends with its owner', async () => {
    await using tracker = await TrackerClients.start();
    const jira = tracker.client(1);
    const issues = jira.hook('issues');
    const [status, setStatus] = createSignal<Status>('open');
    const { list, row, dispose } = createRoot((end) => ({
      list: createLive(issues, () => ({ status: status() })),
      row: createLiveRow(issues, () => 1),
      dispose: end,
    }));
    await issues.create({ title: 'a', projectId: 1 });
    await expect.poll(() => [titles(list()), titles(row())]).toEqual(['a', 'a']);
    setStatus('done');
    await expect.poll(() => list()).toMatchObject({ rows: [], status: 'ready' });
    await issues.action('close', { id: 1 });
    await expect.poll(() => titles(list())).toBe('a');
    dispose();
    await expect.poll(() => inspect(jira)['subscriptions']).toBe(0);
  });
});
