import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heartbeat } from './heartbeat.js';

const OPTIONS = { heartbeatIntervalMs: 5_000, heartbeatTimeoutMs: 4_000 };

function heartbeat(options = OPTIONS) {
  const events: string[] = [];
  const state = { isExpecting: true };
  const beat: Heartbeat = new Heartbeat(
    {
      isExpecting: () => state.isExpecting,
      probe: () => void events.push('probe'),
      silent: () => {
        events.push('silent');
        beat.stop();
      },
    },
    options,
  );
  return { beat, events, state };
}

describe('a heartbeat', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('probes after silence, and gives up what does not answer', () => {
    const { beat, events } = heartbeat();
    beat.start();
    vi.advanceTimersByTime(4_999);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(events).toEqual(['probe']);
    vi.advanceTimersByTime(4_000);
    expect(events).toEqual(['probe', 'silent']);
  });

  it('asks nothing where something arrives, and nothing where nothing is expected', () => {
    const { beat, events, state } = heartbeat();
    beat.start();
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(3_000);
      beat.heard();
    }
    state.isExpecting = false;
    vi.advanceTimersByTime(60_000);
    expect(events).toEqual([]);
    state.isExpecting = true;
    vi.advanceTimersByTime(9_000);
    expect(events).toEqual(['probe', 'silent']);
  });

  it('goes on after an answer', () => {
    const { beat, events } = heartbeat();
    beat.start();
    vi.advanceTimersByTime(5_100);
    beat.heard();
    vi.advanceTimersByTime(5_000);
    expect(events).toEqual(['probe', 'probe']);
  });

  it('believes no timer that a sleeping device or a busy page has delayed', () => {
    const { beat, events } = heartbeat();
    beat.start();
    vi.advanceTimersByTime(5_000);
    // The clock advances without the timers.
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(4_000);
    expect(events).toEqual(['probe', 'probe']);
    vi.advanceTimersByTime(4_000);
    expect(events).toEqual(['probe', 'probe', 'silent']);
  });

  it('probes at once when it is told to, once it has started and until it is stopped', () => {
    const { beat, events, state } = heartbeat();
    state.isExpecting = false;
    beat.check();
    beat.start();
    beat.check();
    expect(events).toEqual(['probe']);
    vi.advanceTimersByTime(4_000);
    expect(events).toEqual(['probe', 'silent']);
    beat.check();
    expect(events).toHaveLength(2);
  });

  it.each([0, Infinity])('is off with an interval of %d', (heartbeatIntervalMs) => {
    const { beat, events } = heartbeat({ ...OPTIONS, heartbeatIntervalMs });
    beat.start();
    beat.check();
    vi.advanceTimersByTime(3_600_000);
    expect(events).toEqual([]);
  });
});
