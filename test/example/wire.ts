// A bare Socket.IO client of the example: sends frames, keeps every frame that arrives.

import { io, type Socket } from 'socket.io-client';
import type { AnswerFrame, ChangeFrame, ErrorData, Method, PaginatedResponse } from 'nestjs-jira-protocol';

export interface Row {
  readonly id: number;
  readonly [field: string]: unknown;
}

export class Wire implements Disposable {
  readonly changes: ChangeFrame[] = [];
  private waiting: (() => void)[] = [];
  private requests = 0;

  private constructor(private readonly socket: Socket) {
    socket.onAny((_namespace: string, frame: ChangeFrame) => {
      this.changes.push(frame);
      for (const wake of this.waiting.splice(0)) wake();
    });
  }

  /** Rejects with Socket.IO's `connect_error` when the server refuses. */
  static async connect(url: string, auth: Readonly<Record<string, unknown>>): Promise<Wire> {
    const socket = io(url, {
      auth: { jira: 2, ...auth },
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    const wire = new Wire(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return wire;
  }

  async send(
    namespace: string,
    method: Method,
    action: string,
    content: { query?: object; data?: unknown } = {},
  ): Promise<AnswerFrame> {
    const requestId = String(++this.requests);
    return (await this.socket
      .timeout(10_000)
      .emitWithAck(namespace, { requestId, method, action, ...content })) as AnswerFrame;
  }

  async rows(namespace: string, query: object = {}): Promise<readonly Row[]> {
    const { status, data } = await this.send(namespace, 'GET', 'list', { query });
    if (status !== 200) throw new Error(`${namespace} list: ${status} ${JSON.stringify(data)}`);
    return (data as PaginatedResponse<Row>).results;
  }

  async create(namespace: string, data: object): Promise<Row> {
    const answer = await this.send(namespace, 'POST', 'create', { data });
    if (answer.status !== 201) throw new Error(`${namespace} create: ${answer.status} ${JSON.stringify(answer.data)}`);
    return answer.data as Row;
  }

  async subscribe(namespace: string, query: object = {}): Promise<AnswerFrame> {
    const answer = await this.send(namespace, 'SUBSCRIPTION', 'subscribe', { query });
    if (answer.status !== 200) throw new Error(`${namespace} subscribe: ${JSON.stringify(answer.data)}`);
    return answer;
  }

  /** The first change of this row and type that has arrived or will. */
  change(id: number, type: ChangeFrame['type']): Promise<ChangeFrame> {
    return this.until((change) => change.id === id && change.type === type);
  }

  /** The first change of this type on a channel. */
  changeOf(channel: string, type: ChangeFrame['type']): Promise<ChangeFrame> {
    return this.until((change) => change.channel === channel && change.type === type);
  }

  private async until(isIt: (change: ChangeFrame) => boolean): Promise<ChangeFrame> {
    for (;;) {
      const found = this.changes.find(isIt);
      if (found) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  [Symbol.dispose](): void {
    this.socket.disconnect();
  }
}

/** The fields an answer complains of. */
export function wrongFields(answer: AnswerFrame): readonly string[] {
  return Object.keys((answer.data as ErrorData).errors ?? {}).toSorted();
}
