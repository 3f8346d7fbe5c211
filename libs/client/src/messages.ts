// Messages from the server's queues. Each is delivered once, then acknowledged.

import { ACKNOWLEDGE_ACTION, CONNECTION_EVENT } from 'nestjs-jira-protocol';
import type { Connection } from './connection.js';
import { ids } from './ids.js';
import { Listeners } from './listeners.js';

/** Called with a message's event and data. When it returns, the client acknowledges the message, and it is not sent again. */
export type MessageListener = (event: string, data: unknown) => void;

interface QueuedMessage {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** How many ids to remember. A server keeps this many messages for a user, so it cannot repeat more. */
const REMEMBERED = 1_000;

export class Messages {
  private readonly listeners: Listeners<Parameters<MessageListener>>;
  /** Ids of delivered messages, oldest first. */
  private readonly heard = new Set<string>();
  private waiting: QueuedMessage[] = [];
  private readonly nextId = ids();

  constructor(
    private readonly link: Pick<Connection, 'emit' | 'isConnected'>,
    report: (error: unknown) => void,
  ) {
    this.listeners = new Listeners(report);
  }

  /** The number of listeners. */
  get size(): number {
    return this.listeners.size;
  }

  /** Adds a listener. Messages that arrived before go to the first one. Returns a function that removes it. */
  listen(listener: MessageListener): () => void {
    const stop = this.listeners.add(listener);
    for (const message of this.waiting.splice(0)) this.hear(message);
    return stop;
  }

  /** Forgets waiting messages, because the server sends unacknowledged ones again on a new connection. */
  connectionLost(): void {
    this.waiting = [];
  }

  receive(frame: unknown): void {
    const { id, event, data } = (frame ?? {}) as Partial<QueuedMessage>;
    if (typeof id !== 'string' || typeof event !== 'string') return;
    if (this.heard.has(id)) this.acknowledge(id);
    else if (this.listeners.size === 0) this.waiting.push({ id, event, data });
    else this.hear({ id, event, data });
  }

  private hear({ id, event, data }: QueuedMessage): void {
    if (this.heard.has(id)) return this.acknowledge(id);
    this.heard.add(id);
    if (this.heard.size > REMEMBERED) for (const oldest of this.heard) if (this.heard.delete(oldest)) break;
    this.listeners.emit(event, data);
    this.acknowledge(id);
  }

  /** Ignores the answer. If the acknowledgement is lost, the message comes again, is acknowledged again and dropped. */
  private acknowledge(id: string): void {
    if (!this.link.isConnected) return;
    const requestId = `ack-${this.nextId()}`;
    const frame = { requestId, method: 'POST', action: ACKNOWLEDGE_ACTION, data: { ids: [id] } } as const;
    this.link.emit(CONNECTION_EVENT, frame, () => undefined);
  }
}
