// What lists in memory cost: time of a commit among few and among many of them, and memory of a key. Prints what it measured.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../libs/jira/src/core/changes/change.js';
import { Channel, type ChannelDefinition, type RowMatcher } from '../../libs/jira/src/live/delivery/channel.js';
import { Feed } from '../../libs/jira/src/live/delivery/feed.js';
import type { FrameSink } from '../../libs/jira/src/live/delivery/frame-sink.js';
import type { RowOrder, SortedList } from '../../libs/jira/src/live/lists/list-definition.js';
import { SortedRows } from '../../libs/jira/src/live/lists/sorted-rows.js';
import { EVERY_ROW } from '../../libs/jira/src/live/observers/function-matcher.js';

const LIMIT = 4;
/** `LISTS=100000` for the figure of docs/live-lists.md. */
const LISTS = Number(process.env['LISTS'] ?? 20_000);
const order: RowOrder = {
  sortKeyOf: (row) => [(row as { rank: number }).rank, (row as { id: number }).id],
  compare: (one, other) => Number(one[0]) - Number(other[0]) || Number(one[1]) - Number(other[1]),
};

/** The list of one owner, of `count` rows. */
function listOf(owner: number, count: number): SortedList {
  const rows = () =>
    Array.from({ length: count }, (_, i) => ({ id: owner * 1_000 + i, data: NOTHING, sortKey: [i, owner * 1_000 + i] })); // prettier-ignore
  return { limit: count / 2, size: count, order, read: () => Promise.resolve({ rows: rows(), count: count * 10 }) };
}
const NOTHING = Object.freeze({});

class Desk {
  private commits = 0;
  private readonly ranks = new Map<number, number>();
  private watched?: Channel;
  readonly feed: Feed;

  private constructor() {
    const ignore = (): void => undefined;
    const sink = { send: ignore, sendTo: ignore, flush: ignore, join: ignore } as unknown as FrameSink;
    const fail = (error: unknown): never => {
      throw error;
    };
    this.feed = new Feed('items', sink, { failed: fail, gap: fail }, { heldFrames: 10, changesPerCommit: 1_000 });
  }

  static async with(windows: number): Promise<Desk> {
    const desk = new Desk();
    for (let owner = 0; owner < windows; owner++) {
      const channel = new Channel(`${owner}`, definitionOf(owner));
      desk.feed.add(channel);
      await channel.window?.current();
      if (owner === 5) desk.watched = channel;
    }
    return desk;
  }

  /** Milliseconds that a change of one row takes, which moves it within one list. */
  commit(): number {
    const id = 5_000 + (this.commits++ % 8);
    const before = { id, owner: 5, rank: this.commits % 8 };
    const change: Change = { source: 'x', entity: 'Item', id, type: 'modified', before, after: { ...before, rank: (this.commits * 7) % 8 } }; // prettier-ignore
    this.ranks.set(id, (this.commits * 7) % 8);
    const startedAt = performance.now();
    this.feed.push([{ change, position: `${this.commits}` }]);
    return performance.now() - startedAt;
  }

  /** What its list shows, and what it should. */
  rows(): [unknown, unknown] {
    const rows = [...this.ranks].toSorted(([a, rank], [b, other]) => rank - other || a - b);
    const shown = this.watched?.window?.answer();
    return [shown?.recovered === false && shown.ids, rows.slice(0, LIMIT).map(([id]) => id)];
  }
}

function definitionOf(owner: number): ChannelDefinition {
  const filter: RowMatcher = {
    key: `owner ${owner}`,
    equalities: new Map([['owner', [owner]]]),
    matches: (image) => image['owner'] === owner,
    judge: () => Promise.reject(new Error('Memory knows.')),
  };
  const read = (): Promise<never> => Promise.reject(new Error('It is sorted.'));
  return {
    namespace: 'items',
    entity: 'items',
    observer: { name: 'items.listen' },
    filter,
    audience: { key: '', matchers: [EVERY_ROW], serialize: ({ id, rank }) => ({ id, rank }) },
    list: { key: `${owner}`, orderedBy: [], read, sorted: listOf(owner, 2 * LIMIT) },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

describe('lists in memory', () => {
  it('cost a commit the same among 1,000 and among many of them', async () => {
    const [few, many] = [await Desk.with(1_000), await Desk.with(LISTS)];
    const times: [number[], number[]] = [[], []];
    // By turns, so that both meet the same machine.
    for (let i = 0; i < 4_000; i++) for (const [k, desk] of [few, many].entries()) times[k].push(desk.commit());
    const [one, other] = times.map((all) => median(all.slice(1_000)));
    process.stdout.write(
      `a commit takes ${(one * 1e3).toFixed(1)} µs among 1,000 lists, ${(other * 1e3).toFixed(1)} µs among ${LISTS}\n`,
    );
    for (const desk of [few, many]) expect(desk.rows()[0]).toEqual(desk.rows()[1]);
    expect(other / one).toBeLessThan(4);
  });

  it('hold a key in 150 bytes', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const count = 1_000;
    const kept: SortedRows[] = [];
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let owner = 0; owner < 300; owner++) {
      const rows = new SortedRows(listOf(owner, count));
      (await rows.read())();
      kept.push(rows);
    }
    collect();
    const bytes = (process.memoryUsage().heapUsed - before) / (kept.length * count);
    process.stdout.write(`a key takes ${bytes.toFixed(0)} bytes\n`);
    expect(bytes).toBeLessThan(150);
  });
});
