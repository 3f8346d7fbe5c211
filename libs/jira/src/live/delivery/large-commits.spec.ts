import { describe, expect, it } from 'vitest';
import type { Change } from '../../core/changes/change.js';
import type { Channel } from './channel.js';
import { countTold, isCutShort } from './large-commits.js';

const change: Change = { source: 's', entity: 'E', id: 1, type: 'added' };
const commit = [change, change, change, change];

describe('a large commit', () => {
  it('is told up to the limit, and cut short from there on', () => {
    const channel = {} as Channel;
    const delivery = { change, position: 'p', commit };
    expect(commit.map(() => countTold(channel, delivery, 2))).toEqual(['told', 'told', 'first too many', 'too many']);
    expect(isCutShort(channel, delivery, 2)).toBe(true);
    expect(isCutShort(channel, { change, position: 'q', commit }, 2)).toBe(false);
  });

  it('takes nothing with it that is dispatched at its position', () => {
    const channel = {} as Channel;
    for (const one of commit) countTold(channel, { change: one, position: 'p', commit }, 2);
    expect(isCutShort(channel, { change, position: 'p' }, 2)).toBe(false);
    expect(countTold(channel, { change, position: 'p' }, 2)).toBe('told');
  });
});
