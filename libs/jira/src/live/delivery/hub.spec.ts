// Random changes and channels, with slow and failing code: a subscriber that replays its frames has exactly the rows it
// may see.

import fc from 'fast-check';
import type { ChangeFrame } from 'nestjs-jira-protocol';
import { describe, expect, it } from 'vitest';
import { RequestHandle } from '../../core/connections/request-handle.js';
import type { Connection } from '../../core/connections/connection.js';
import { HookScope, type ScopeState } from '../../core/scope/scope.js';
import type { ChannelDefinition, ObserverBehaviour, RowMatcher } from './channel.js';
import { MemoryChangeLog } from '../../core/changes/memory-change-log.js';
import type { Change, ChangeType, Image } from '../../core/changes/change.js';
import type { FrameSink, Recipient } from './frame-sink.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import { ErrorDescriber } from '../../core/errors/error-describer.js';
import { Hub } from './hub.js';
import { REASONS } from './subscription-state.js';

interface Row extends Image {
  readonly id: number;
  readonly group: number;
  readonly version: number;
}

/** How a matcher judges: in memory, only by a query, or failing now and then. */
type Manner = 'memory' | 'asked' | 'failing';

/** The same random numbers in CI each time. */
const SEED = Number(process.env['HUB_SEED'] ?? (process.env['CI'] ? 11 : Date.now() % 1_000_000));

const GROUPS = [0, 1, 2];
const pause = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function matcherOf(group: number, manner: Manner): RowMatcher {
  const isIn = (image: Image): boolean => (image as Row).group === group;
  let asked = 0;
  return {
    key: `${group} ${manner}`,
    equalities: new Map(manner === 'memory' ? [['group', [group]]] : []),
    matches: (image) => (manner === 'memory' ? isIn(image) : undefined),
    judge: async (images) => {
      for (let i = 0; i <= asked % 3; i++) await pause();
      if (manner === 'failing' && ++asked % 4 === 0) throw new Error('planned');
      return images.map(isIn);
    },
  };
}

const EVERY: RowMatcher = { ...matcherOf(0, 'memory'), key: 'every', equalities: new Map(), matches: () => true };

/** A subscriber that keeps its rows as a client does, and refetches when told to. */
class Reader {
  readonly rows = new Map<number, number>();

  constructor(private readonly fetch: () => Iterable<Row>) {
    this.fetchAgain();
  }

  take({ type, id, data }: ChangeFrame): void {
    if (type === 'reset') this.fetchAgain();
    else if (type === 'removed') this.rows.delete(id as number);
    else this.rows.set(id as number, (data as Row).version);
  }

  fetchAgain(): void {
    this.rows.clear();
    for (const { id, version } of this.fetch()) this.rows.set(id, version);
  }
}

class Readers implements FrameSink {
  readonly byRequest = new Map<string, Reader>();
  private readonly joined = new Map<string, Set<string>>();
  readonly perChannel = new Map<string, string[]>();

  private kept: ChangeFrame[] = [];

  join({ channel, requestId }: Recipient): void {
    this.flush();
    this.joined.set(channel, (this.joined.get(channel) ?? new Set()).add(requestId));
  }
  leave({ channel, requestId }: Recipient): void {
    this.flush();
    this.joined.get(channel)?.delete(requestId);
  }
  send(_namespace: string, frame: ChangeFrame): void {
    this.kept.push(frame);
  }
  sentTo(): number {
    return 0;
  }

  sendTo({ requestId }: Recipient, frame: ChangeFrame): void {
    this.flush();
    this.byRequest.get(requestId)?.take(frame);
  }
  flush(): void {
    const { kept } = this;
    this.kept = [];
    for (const frame of kept)
      for (const requestId of this.joined.get(frame.channel) ?? []) this.byRequest.get(requestId)?.take(frame);
  }
  move(): void {}
  end(): void {}
}

interface Subscriber {
  readonly group: number;
  readonly manner: Manner;
  readonly hasSlowView: boolean;
}

type Step =
  | { readonly kind: 'write'; readonly ids: readonly number[]; readonly group: number; readonly isDelete: boolean }
  | ({ readonly kind: 'subscribe' } & Subscriber)
  | { readonly kind: 'leave'; readonly index: number }
  | { readonly kind: 'fetch'; readonly index: number }
  | { readonly kind: 'move'; readonly index: number; readonly group: number }
  | { readonly kind: 'wait' };

const subscriber = {
  group: fc.constantFrom(...GROUPS),
  manner: fc.constantFrom<Manner>('memory', 'asked', 'failing'),
  hasSlowView: fc.boolean(),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), ids: fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }), group: fc.constantFrom(...GROUPS), isDelete: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), ...subscriber }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), index: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), index: fc.nat(4), group: fc.constantFrom(...GROUPS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fetch' as const), index: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
); // prettier-ignore

class World {
  readonly hub: Hub;
  readonly readers = new Readers();
  readonly failures: unknown[] = [];
  private readonly table = new Map<number, Row>();
  private readonly observer: ObserverBehaviour = { name: 'o' };
  private readonly subscriptions: { handle: RequestHandle; requestId: string; rights: { group: number }; isOpen: boolean }[] = []; // prettier-ignore
  private readonly matchers = new Map<string, RowMatcher>();
  private versions = 0;
  /** Subscriptions that failed unexpectedly. */
  readonly refusals: unknown[] = [];
  private readonly pending: Promise<unknown>[] = [];

  constructor() {
    const report = { failed: (error: unknown) => this.failures.push(error), gap: (error: unknown) => this.failures.push(error) }; // prettier-ignore
    const limits = { subscriptions: 1_000, heldFrames: 2, changesPerCommit: 1_000 };
    this.hub = new Hub(new MemoryChangeLog(), this.readers, limits, report, new ErrorDescriber([]), {
      maxRows: 100,
      positionMs: 20_000,
    });
  }

  run(one: Step): Promise<void> | void {
    if (one.kind === 'write') return this.write(one.ids, one.group, one.isDelete);
    if (one.kind === 'subscribe') return this.subscribe(one);
    if (one.kind === 'wait') return pause();
    const subscription = this.subscriptions[one.index];
    if (!subscription?.isOpen) return undefined;
    // Uses the current rights, whatever the subscription knows of them.
    if (one.kind === 'fetch') this.readers.byRequest.get(subscription.requestId)?.fetchAgain();
    else if (one.kind === 'leave') {
      subscription.isOpen = false;
      this.hub.placement.unsubscribe('c', 'n', subscription.requestId);
    } else {
      const { rights } = subscription;
      rights.group = one.group;
      const { placement } = this.hub;
      const moved = [...placement.subscriptions()].filter(({ requestId }) => requestId === subscription.requestId);
      this.pending.push(placement.refresh(moved, REASONS.refreshed));
    }
  }

  /** Once everything is delivered, each reader has exactly the rows of its group. */
  async settle(): Promise<string[]> {
    for (let rounds = 0; rounds < 3; rounds++) {
      await Promise.all(this.pending);
      for (let i = 0; i < 60; i++) await pause();
    }
    return this.subscriptions.flatMap(({ isOpen, requestId, rights }) => {
      const reader = this.readers.byRequest.get(requestId);
      if (!isOpen || !reader) return [];
      const expected = [...this.table.values()].filter(({ group }) => group === rights.group);
      const want = expected.map(({ id, version }) => `${id}@${version}`).toSorted().join(); // prettier-ignore
      const have = [...reader.rows].map(([id, version]) => `${id}@${version}`).toSorted().join(); // prettier-ignore
      return want === have ? [] : [`${requestId} has ${have}, not ${want}`];
    });
  }

  private write(ids: readonly number[], group: number, isDelete: boolean): void {
    const changes: Change[] = [];
    for (const id of ids) {
      const before = this.table.get(id);
      const after = isDelete ? undefined : { id, group, version: ++this.versions };
      if (!before && !after) continue;
      const type: ChangeType = before ? (after ? 'modified' : 'removed') : 'added';
      changes.push({ source: 's', entity: 'E', id, type, ...(before && { before }), ...(after && { after }) });
      if (after) this.table.set(id, after);
      else this.table.delete(id);
    }
    if (changes.length > 0) this.hub.log.append({ changes });
  }

  private subscribe({ group, manner, hasSlowView }: Subscriber): void {
    const requestId = `r${this.subscriptions.length}`;
    const handle = new RequestHandle();
    const rights = { group };
    this.subscriptions.push({ handle, requestId, rights, isOpen: true });
    const connection = { id: 'c', isClosed: false } as unknown as Connection;
    const scope = new HookScope(connection, 'n', 'subscribe', 'SUBSCRIPTION', requestId, {}, {}, {}, { handle } as ScopeState); // prettier-ignore
    const define = async (): Promise<ChannelDefinition> => {
      const now = rights.group;
      if (hasSlowView) await pause();
      return this.definition(now, manner, hasSlowView);
    };
    const open = async (): Promise<void> => {
      await this.hub.placement.subscribe(scope, 's:E', this.observer, define);
      if (hasSlowView) await pause();
      // Behaves as a client: it fetches once it is answered, and receives everything from then on.
      const fetch = (): Row[] => [...this.table.values()].filter((row) => row.group === rights.group);
      this.readers.byRequest.set(requestId, new Reader(fetch));
      handle.settle(true);
    };
    const refused = (error: unknown): void => {
      handle.settle(false);
      // The client left before it was answered.
      if (!(error instanceof JiraException && error.code === 'CANCELLED')) this.refusals.push(error);
    };
    this.pending.push(open().catch(refused));
  }

  private definition(group: number, manner: Manner, hasSlowView: boolean): ChannelDefinition {
    const key = `${group} ${manner}`;
    const matcher = this.matchers.get(key) ?? matcherOf(group, manner);
    this.matchers.set(key, matcher);
    const serialize = (image: Image): unknown => (hasSlowView ? pause().then(() => image) : image);
    const audience = { key: `${key} ${hasSlowView}`, matchers: [matcher], serialize };
    return { namespace: 'n', entity: 's:E', observer: this.observer, filter: EVERY, audience };
  }
}

describe('a hub', () => {
  it('leaves each subscriber with the rows it may see, or tells it to refetch', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
        const world = new World();
        for (const one of steps) await world.run(one);
        expect(await world.settle()).toEqual([]);
        expect(world.refusals).toEqual([]);
        world.hub.unsubscribeAll('c');
        expect(world.hub.count()).toEqual({ channels: 0, shared: 0, subscriptions: 0, connections: 0 });
      }),
      { numRuns: Number(process.env['HUB_RUNS'] ?? 150), seed: SEED },
    );
  });
});
