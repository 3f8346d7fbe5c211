import { setImmediate } from 'node:timers/promises';
import { POSITION_EVENT } from 'nestjs-jira-protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../core/connections/connection.js';
import { Positions } from './positions.js';

const EVERY_MS = 20;

class Listener {
  readonly told: unknown[] = [];
  isClosed = false;
  constructor(readonly id: string) {}
  send(event: string, payload: object): void {
    this.told.push({ event, ...payload });
  }
}

/** A feed that is busy for the first few attempts. */
class BusyFeed {
  constructor(private looks: number) {}
  get isIdle(): boolean {
    return this.looks <= 0;
  }
  inTurn(turn: () => void): void {
    this.looks--;
    turn();
  }
}

function positionsOf(subscriptions: object[], feed = new BusyFeed(0), order: string[] = []): Positions {
  const sink = { flush: () => void order.push('flush'), sentTo: (id: string) => id.length };
  const parts = { log: { head: 'head' }, sink, subscriptions: () => subscriptions, feed: () => feed };
  return new Positions(parts as never, EVERY_MS);
}

const subscriptionOf = (connection: Listener, more: object = {}): object => ({
  state: 'live',
  isResumable: true,
  entity: 'Issue',
  scope: { connection: connection as unknown as Connection },
  ...more,
});

async function afterOneRound(): Promise<void> {
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  for (let i = 0; i < 5; i++) await setImmediate();
}

describe('the positions that connections are told', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  async function roundOf(positions: Positions): Promise<void> {
    positions.start();
    await afterOneRound();
    positions.stop();
  }

  it('are one a connection, with the count of frames sent to it, after what the sink still kept', async () => {
    const [ada, grace] = [new Listener('ada'), new Listener('grace')];
    const order: string[] = [];
    await roundOf(positionsOf([subscriptionOf(ada), subscriptionOf(grace), subscriptionOf(ada)], undefined, order));
    expect(ada.told).toEqual([{ event: POSITION_EVENT, position: 'head', frames: 3 }]);
    expect(grace.told).toEqual([{ event: POSITION_EVENT, position: 'head', frames: 5 }]);
    expect(order).toEqual(['flush', 'flush']);
  });

  it('are told only to who can resume', async () => {
    const ada = new Listener('ada');
    await roundOf(positionsOf([subscriptionOf(ada, { isResumable: false })]));
    expect(ada.told).toEqual([]);
  });

  it('are kept back while frames are held for one of its subscriptions', async () => {
    const ada = new Listener('ada');
    for (const state of ['opening', 'opened', 'checking', 'ended'])
      await roundOf(positionsOf([subscriptionOf(ada), subscriptionOf(ada, { state })]));
    expect(ada.told).toEqual([]);
  });

  it('wait for a feed that is busy, and give up where it stays so', async () => {
    const [ada, grace] = [new Listener('ada'), new Listener('grace')];
    await roundOf(positionsOf([subscriptionOf(ada)], new BusyFeed(2)));
    await roundOf(positionsOf([subscriptionOf(grace)], new BusyFeed(9)));
    expect([ada.told.length, grace.told.length]).toEqual([1, 0]);
  });

  it('are not told to a connection that closed', async () => {
    const ada = new Listener('ada');
    ada.isClosed = true;
    await roundOf(positionsOf([subscriptionOf(ada)]));
    expect(ada.told).toEqual([]);
  });

  it('are told in every round until they are stopped', async () => {
    const ada = new Listener('ada');
    const positions = positionsOf([subscriptionOf(ada)]);
    positions.start();
    positions.start(); // a second subscriber makes no second timer
    await afterOneRound();
    await afterOneRound();
    positions.stop();
    await afterOneRound();
    expect(ada.told).toHaveLength(2);
  });

  it('reach every connection, however many there are', async () => {
    const listeners = Array.from({ length: 450 }, (_, i) => new Listener(String(i)));
    await roundOf(positionsOf(listeners.map((one) => subscriptionOf(one))));
    expect(listeners.every(({ told }) => told.length === 1)).toBe(true);
  });
});
