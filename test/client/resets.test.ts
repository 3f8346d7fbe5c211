// One gap, many clients: each refetches once, and not all at the same moment.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { Bench } from './support.js';

/** Timers of these lengths wait until they are run by hand. */
class HeldTimers implements Disposable {
  private readonly held: { readonly ms: number; readonly run: () => void }[] = [];
  private readonly spy: { mockRestore(): void };

  constructor(isHeld: (ms: number) => boolean) {
    const real = setTimeout;
    const start = (run: () => void, ms = 0): NodeJS.Timeout => {
      if (isHeld(ms)) this.held.push({ ms, run });
      return isHeld(ms) ? real(() => {}, 1).unref() : real(run, ms);
    };
    this.spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(start);
  }

  /** How long each of them would have waited. */
  get lengths(): readonly number[] {
    return this.held.map(({ ms }) => ms);
  }

  run(): void {
    for (const { run } of this.held.splice(0)) run();
  }

  [Symbol.dispose](): void {
    this.spy.mockRestore();
  }
}

describe('a reset', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('makes one refetch of several that come together', async () => {
    const resetJitterMs = 3_600_000;
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    using timers = new HeldTimers((ms) => ms === resetJitterMs / 2);
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer([]));
    const jira = bench.client({ resetJitterMs });
    const heard: string[] = [];
    const issues = jira.hook('issues');
    await issues.subscribe(({ type, position }) => void heard.push(`${type} ${position}`)).ready;
    let fetched = 0;
    await jira.listen(issues.action('list'), () => fetched++).ready;
    await expect.poll(() => fetched).toBe(1);
    for (let i = 0; i < 3; i++) bench.server.announce('issues', 'c', { type: 'reset' });
    const last = bench.server.at();
    // Answered after the resets.
    await issues.list();
    expect(heard).toEqual([]);
    expect(timers.lengths).toEqual([resetJitterMs / 2, resetJitterMs / 2]);
    timers.run();
    expect(heard).toEqual([`reset ${last}`]);
    await expect.poll(() => fetched).toBe(2);
    expect(bench.server.requests('list')).toHaveLength(3);
  });

  it('is delivered to each client at a random time of its own', async () => {
    const resetJitterMs = 3_600_000;
    let random = 0;
    vi.spyOn(Math, 'random').mockImplementation(() => (random = (random + 0.037) % 1));
    using timers = new HeldTimers((ms) => ms > 60_000 && ms < resetJitterMs);
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const heard: number[] = [];
    const clients = Array.from({ length: 5 }, () => bench.client({ resetJitterMs }));
    await Promise.all(clients.map((jira, i) => jira.hook('issues').subscribe(() => void heard.push(i)).ready));
    bench.server.announce('issues', 'c', { type: 'reset' });
    await expect.poll(() => timers.lengths).toHaveLength(5);
    expect(new Set(timers.lengths).size).toBe(5);
    expect(heard).toEqual([]);
    timers.run();
    expect(heard.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });

  it('that waits is dropped with its subscription or its connection, which brings one of its own', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const jira = bench.client({ resetJitterMs: 3_600_000 });
    const heard: string[] = [];
    const stopped = jira.hook('issues').subscribe(() => void heard.push('stopped'));
    const kept = jira.hook('issues').subscribe(({ type }) => void heard.push(type));
    await Promise.all([stopped.ready, kept.ready]);
    bench.server.announce('issues', 'c', { type: 'reset' });
    bench.server.announce('issues', 'c', { type: 'added', id: 1 });
    await expect.poll(() => heard).toEqual(['stopped', 'added']);
    stopped();
    bench.server.cut();
    await expect.poll(() => heard.slice(2)).toEqual(['reset']);
  });
});
