// Sends connections their position at intervals, so that quiet subscriptions move on and lost frames are noticed.

import { setImmediate } from 'node:timers/promises';
import { POSITION_EVENT } from 'nestjs-jira-protocol';
import type { ChangeLog } from '../../core/changes/change-log.js';
import type { Connection } from '../../core/connections/connection.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import type { Subscription } from './channel.js';
import type { Feed } from './feed.js';
import type { FrameSink } from './frame-sink.js';

interface PositionsParts {
  readonly log: ChangeLog;
  readonly sink: FrameSink;
  subscriptions(this: void): Iterable<Subscription>;
  feed(this: void, entity: string): Feed;
}

/** Connections to tell before other work gets a turn. */
const AT_ONCE = 200;
/** After this many attempts, a feed that is still busy sends its positions with its frames instead. */
const MAX_LOOKS = 3;

export class Positions {
  private timer?: NodeJS.Timeout;
  private isTelling = false;

  constructor(
    private readonly parts: PositionsParts,
    private readonly everyMs: number,
  ) {}

  /** Starts the timer. Called when a client asks for a token. */
  start(): void {
    this.timer ??= setInterval(() => void this.tellAll(), this.everyMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async tellAll(): Promise<void> {
    if (this.isTelling) return;
    this.isTelling = true;
    try {
      const connections = new Map<Connection, Subscription[]>();
      for (const subscription of this.parts.subscriptions())
        if (subscription.isResumable) getOrAdd(connections, subscription.scope.connection, () => []).push(subscription);
      let count = 0;
      for (const [connection, subscriptions] of connections) {
        await this.tell(connection, subscriptions);
        if (++count % AT_ONCE === 0) await setImmediate();
      }
    } finally {
      this.isTelling = false;
    }
  }

  /** Sends the position only if everything up to the head was sent to the connection, and nothing is held for it. */
  private async tell(connection: Connection, subscriptions: readonly Subscription[]): Promise<void> {
    const { log, sink, feed } = this.parts;
    for (let look = 0; look < MAX_LOOKS; look++) {
      if (connection.isClosed || subscriptions.some(({ state }) => state !== 'live')) return;
      const busy = subscriptions.map(({ entity }) => feed(entity)).find(({ isIdle }) => !isIdle);
      if (!busy) {
        sink.flush();
        return connection.send(POSITION_EVENT, { position: log.head, frames: sink.sentTo(connection.id) });
      }
      await new Promise<void>((resolve) => busy.inTurn(resolve));
    }
  }
}
