import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogStretch } from './change-log.js';
import { MemoryChangeLog } from './memory-change-log.js';

const commit = (id: number, text = '') => ({
  changes: [{ source: 'default', entity: 'Issue', id, type: 'added', after: { id, text } } as const],
});

function idsOf(stretch: LogStretch | 'unreachable'): unknown {
  if (stretch === 'unreachable') return stretch;
  return stretch.entries.map((entry) => ('changes' in entry ? entry.changes[0].id : entry.kind));
}

describe('the history of a log', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('reaches back to exactly as many commits as it keeps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 80 }), (commits, count) => {
        const log = new MemoryChangeLog({ history: { commits } });
        const positions = [log.head];
        for (let id = 1; id <= count; id++) {
          log.append(commit(id));
          positions.push(log.head);
        }
        for (const [seen, position] of positions.entries()) {
          const missed = Array.from({ length: count - seen }, (_, i) => seen + 1 + i);
          expect(idsOf(log.read(position, Infinity))).toEqual(missed.length <= commits ? missed : 'unreachable');
        }
      }),
    );
  });

  it('keeps nothing for longer than its time', () => {
    const log = new MemoryChangeLog({ history: { ageMs: 1_000 } });
    const begin = log.head;
    log.append(commit(1));
    const first = log.head;
    vi.advanceTimersByTime(600);
    log.append(commit(2));
    expect(idsOf(log.read(begin, 10))).toEqual([1, 2]);
    vi.advanceTimersByTime(600);
    expect(log.read(begin, 10)).toBe('unreachable');
    expect(idsOf(log.read(first, 10))).toEqual([2]);
    vi.advanceTimersByTime(600);
    expect(log.read(first, 10)).toBe('unreachable');
    expect(idsOf(log.read(log.head, 10))).toEqual([]);
  });

  it('keeps no more bytes of rows than it may', () => {
    const log = new MemoryChangeLog({ history: { bytes: 100_000 } });
    const begin = log.head;
    for (let id = 1; id <= 4; id++) log.append(commit(id, 'x'.repeat(10_000)));
    expect(idsOf(log.read(begin, 10))).toEqual([1, 2, 3, 4]);
    log.append(commit(5, 'x'.repeat(10_000)));
    expect(log.read(begin, 10)).toBe('unreachable');
  });

  it('is read in parts, and says where each ends', () => {
    const log = new MemoryChangeLog();
    const begin = log.head;
    for (let id = 1; id <= 5; id++) log.append(commit(id));
    const part = log.read(begin, 2) as LogStretch;
    expect(idsOf(part)).toEqual([1, 2]);
    expect(idsOf(log.read(part.tail, 10))).toEqual([3, 4, 5]);
    expect((log.read(log.head, 10) as LogStretch).tail).toBe(log.head);
  });

  it('has marks where something is missing, and revocations, in their places', () => {
    const log = new MemoryChangeLog();
    const begin = log.head;
    log.append(commit(1));
    log.append({ kind: 'gap', entity: 'default:Issue' });
    log.append({ kind: 'revocation', action: 'refresh', to: { user: '7' }, by: 'x' });
    expect(idsOf(log.read(begin, 10))).toEqual([1, 'gap', 'revocation']);
  });

  it('knows no positions of others, and holds no transactions', () => {
    const log = new MemoryChangeLog();
    const begin = log.head;
    log.append({ ...commit(1), transaction: {} });
    expect(new MemoryChangeLog().read(log.head, 10)).toBe('unreachable');
    expect(log.read('', 10)).toBe('unreachable');
    expect((log.read(begin, 10) as LogStretch).entries[0]).not.toHaveProperty('transaction');
  });
});
