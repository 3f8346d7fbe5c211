// Messages from the server's queues: each is delivered once, then acknowledged.

import { ACKNOWLEDGE_ACTION, CONNECTION_EVENT } from 'nestjs-jira-protocol';
import type { Connection } from './connection.js';
import { ids } from './ids.js';
import { Listeners } from './listeners.js';

/** Called with a message's event and data. Once it returns, the message is acknowledged and not sent again. */
export type MessageListener = (event: string, data: unknown) => void;

interface QueuedMessage {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** As many as a server keeps for a user: it cannot send more again. */
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

  /** Listeners. */
  get size(): number {
    return this.listeners.size;
  }

  /** Messages received before there is a listener go to the first listener. */
  listen(listener: MessageListener): () => void {
    const stop = this.listeners.add(listener);
    for (const message of this.waiting.splice(0)) this.hear(message);
    return stop;
  }

  /** The server sends unacknowledged messages again on a new connection. */
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

  /** The answer does not matter: a message whose acknowledgement was lost comes again and is dropped. */
  private acknowledge(id: string): void {
    if (!this.link.isConnected) return;
    const requestId = `ack-${this.nextId()}`;
    const frame = { requestId, method: 'POST', action: ACKNOWLEDGE_ACTION, data: { ids: [id] } } as const;
    this.link.emit(CONNECTION_EVENT, frame, () => undefined);
  }
}
