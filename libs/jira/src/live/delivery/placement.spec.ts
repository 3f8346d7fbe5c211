// Follows the state of one subscription while its request is answered, its caller's rights change, and it ends.

import type { ChangeFrame } from 'nestjs-jira-protocol';
import { describe, expect, it, vi } from 'vitest';
import type { Change, Image } from '../../core/changes/change.js';
import { MemoryChangeLog } from '../../core/changes/memory-change-log.js';
import type { Connection } from '../../core/connections/connection.js';
import { RequestHandle } from '../../core/connections/request-handle.js';
import { ErrorDescriber } from '../../core/errors/error-describer.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import { HookScope, type ScopeState } from '../../core/scope/scope.js';
import type { ChannelDefinition, ObserverBehaviour, RowMatcher } from './channel.js';
import type { FrameSink, Recipient } from './frame-sink.js';
import { Hub } from './hub.js';
import { REASONS } from './subscription-state.js';

const OBSERVER: ObserverBehaviour = { name: 'issues' };

const matcherOf = (key: string, group?: number): RowMatcher => ({
  key,
  equalities: new Map(),
  matches: (image: Image) => group === undefined || image['group'] === group,
  judge: () => Promise.reject(new Error('Memory judges these.')),
});

const definitionOf = (group: number): ChannelDefinition => ({
  namespace: 'issues',
  entity: 's:Issue',
  observer: OBSERVER,
  filter: matcherOf('every'),
  audience: { key: `group ${group}`, matchers: [matcherOf(`group ${group}`, group)], serialize: (image) => image },
});

/** Records which frames reach which subscription. */
class NotingSink implements FrameSink {
  readonly notes: string[] = [];
  private readonly joined = new Map<string, string>();

  join({ channel, requestId }: Recipient): void {
    this.joined.set(requestId, channel);
  }
  leave({ requestId }: Recipient): void {
    this.joined.delete(requestId);
  }
  send(_namespace: string, { channel, type, id }: ChangeFrame): void {
    for (const [requestId, at] of this.joined)
      if (at === channel) this.notes.push(`${requestId} ${type} ${id as number}`);
  }
  sendTo({ requestId }: Recipient, { type, id }: ChangeFrame): void {
    this.notes.push(type === 'reset' ? `${requestId} reset` : `${requestId} ${type} ${id as number}, held`);
  }
  move({ requestId }: Recipient): void {
    this.notes.push(`${requestId} moved`);
  }
  end({ requestId }: Recipient, status: number): void {
    this.notes.push(`${requestId} ended ${status}`);
  }
  sentTo(): number {
    return 0;
  }
  flush(): void {}
}

class World {
  readonly sink = new NotingSink();
  readonly hub: Hub;
  private ids = 0;

  constructor(subscriptions = 10) {
    const report = { failed: () => undefined, gap: () => undefined };
    const limits = { subscriptions, heldFrames: 10, changesPerCommit: 1_000 };
    const resume = { maxRows: 10, positionMs: 20_000 };
    this.hub = new Hub(new MemoryChangeLog(), this.sink, limits, report, new ErrorDescriber([]), resume);
  }

  /** A request to subscribe, which `answer()` answers. `rights` is read whenever it is placed. */
  async subscribe(
    requestId: string,
    rights: { group: number; gone?: boolean },
  ): Promise<{ readonly answer: () => void }> {
    const handle = new RequestHandle();
    const connection = { id: 'c', isClosed: false } as unknown as Connection;
    const state = { handle } as ScopeState;
    const scope = new HookScope(connection, 'issues', 'subscribe', 'SUBSCRIPTION', requestId, {}, {}, {}, state);
    const define = async (): Promise<ChannelDefinition> => {
      if (rights.gone) throw new JiraException('PERMISSION_DENIED', 'No longer.');
      return definitionOf(rights.group);
    };
    await this.hub.placement.subscribe(scope, 's:Issue', OBSERVER, define);
    return { answer: () => handle.settle(true) };
  }

  /** Commits a new row and resolves with its id. */
  insert(group: number): number {
    const id = ++this.ids;
    const change: Change = { source: 's', entity: 'Issue', id, type: 'added', after: { id, group } };
    this.hub.log.append({ changes: [change] });
    return id;
  }

  refresh(): Promise<void> {
    return this.hub.placement.refresh(this.hub.placement.subscriptions(), REASONS.refreshed);
  }

  heard(...notes: string[]): Promise<void> {
    return vi.waitFor(() => expect(this.sink.notes).toEqual(notes), { timeout: 20_000 });
  }
}

describe('a subscription', () => {
  it('is held until its request is answered, and misses nothing', async () => {
    const world = new World();
    world.insert(1);
    const { answer } = await world.subscribe('a', { group: 1 });
    const sees = await world.subscribe('b', { group: 1 });
    sees.answer();
    const id = world.insert(1);
    await world.heard(`b added ${id}`);
    answer();
    await world.heard(`b added ${id}`, `a added ${id}, held`);
    const next = world.insert(1);
    await vi.waitFor(() =>
      expect(world.sink.notes.slice(2).toSorted()).toEqual([`a added ${next}`, `b added ${next}`]),
    );
  });

  it('shares a channel with those who see the same', async () => {
    const world = new World();
    await world.subscribe('a', { group: 1 });
    await world.subscribe('b', { group: 1 });
    await world.subscribe('c', { group: 2 });
    expect(world.hub.placement.count()).toMatchObject({ subscriptions: 3, channels: 2, connections: 1 });
  });

  it('goes on in another channel with a reset when its rights are others', async () => {
    const world = new World();
    const rights = { group: 1 };
    (await world.subscribe('a', rights)).answer();
    rights.group = 2;
    await world.refresh();
    await world.heard('a moved', 'a reset');
    world.insert(1);
    const id = world.insert(2);
    await world.heard('a moved', 'a reset', `a added ${id}`);
    expect(world.hub.placement.count()).toMatchObject({ subscriptions: 1, channels: 1 });
  });

  it('is sent what was held when its rights are the same', async () => {
    const world = new World();
    (await world.subscribe('a', { group: 1 })).answer();
    const refreshed = world.refresh();
    const id = world.insert(1);
    await refreshed;
    await vi.waitFor(() => expect(world.sink.notes.join()).toMatch(new RegExp(`^a added ${id}(, held)?$`)));
  });

  it('ends when its caller may not have it any more, and is told so', async () => {
    const world = new World();
    const rights = { group: 1, gone: false };
    (await world.subscribe('a', rights)).answer();
    rights.gone = true;
    await world.refresh();
    await world.heard('a ended 403');
    expect(world.hub.placement.count()).toMatchObject({ subscriptions: 0, channels: 0 });
  });

  it('is ended by the id of its request, once', async () => {
    const world = new World();
    await world.subscribe('a', { group: 1 });
    expect(world.hub.placement.unsubscribe('c', 'issues', 'b')).toBe(false);
    expect(world.hub.placement.unsubscribe('c', 'issues', 'a')).toBe(true);
    expect(world.hub.placement.unsubscribe('c', 'issues', 'a')).toBe(false);
    expect(world.hub.placement.count()).toMatchObject({ subscriptions: 0, channels: 0, connections: 0 });
  });

  it('is refused beyond the limit of its connection', async () => {
    const world = new World(1);
    await world.subscribe('a', { group: 1 });
    await expect(world.subscribe('b', { group: 1 })).rejects.toMatchObject({ code: 'TOO_MANY_SUBSCRIPTIONS' });
  });
});
