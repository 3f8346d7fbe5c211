import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Channel } from '../delivery/channel.js';
import { RestingLists } from './resting-lists.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const channel = (): Channel => ({}) as Channel;

describe('lists at rest', () => {
  it('end after a while, unless somebody comes', () => {
    const lists = new RestingLists();
    const ended: string[] = [];
    const [left, woken] = [channel(), channel()];
    lists.add(left, () => ended.push('left'));
    lists.add(woken, () => ended.push('woken'));
    vi.advanceTimersByTime(29_000);
    lists.wake(woken);
    vi.advanceTimersByTime(60_000);
    expect(ended).toEqual(['left']);
  });

  it('are no more than a thousand: the longest at rest ends', () => {
    const lists = new RestingLists();
    const ended: number[] = [];
    for (let i = 0; i < 1_002; i++) lists.add(channel(), () => ended.push(i));
    expect(ended).toEqual([0, 1]);
  });

  it('end at once where what was missed may concern them', () => {
    const lists = new RestingLists();
    const ended: string[] = [];
    lists.add(channel(), () => ended.push('one'));
    lists.endAll();
    vi.advanceTimersByTime(60_000);
    expect(ended).toEqual(['one']);
  });
});
