// The connection to the server: what was sent and received, and what is subscribed to.

import { io, type Socket } from 'socket.io-client';
import { Store } from './store';

export interface Credentials {
  readonly token: string;
  /** Members of the handshake's `auth`, as JSON. */
  readonly auth: string;
  /** Of hooks that have a URL of their own. */
  readonly path: string;
}

export interface Answer {
  readonly requestId?: string;
  readonly method?: string;
  readonly action?: string;
  readonly status: number;
  readonly data: unknown;
  readonly position?: string;
}

export interface Frame {
  readonly id: number;
  readonly at: Date;
  readonly direction: 'sent' | 'received';
  readonly event: string;
  readonly payload: unknown;
}

export interface Row {
  readonly key: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** When and how it changed last, for the flash; 0 = as it was read. */
  readonly turn: number;
  readonly how: 'read' | 'added' | 'modified' | 'removed';
  readonly changed: readonly string[];
}

export interface Subscription {
  readonly requestId: string;
  readonly namespace: string;
  readonly action: string;
  readonly query: unknown;
  readonly channel: string;
  readonly rows: readonly Row[];
  readonly changes: readonly {
    readonly turn: number;
    readonly at: Date;
    readonly text: string;
    readonly how: string;
  }[];
  readonly ended?: string;
}

export interface SessionState {
  readonly status: 'closed' | 'connecting' | 'open' | 'refused';
  readonly reason?: string;
  readonly frames: readonly Frame[];
  readonly subscriptions: readonly Subscription[];
}

export interface Request {
  readonly namespace: string;
  readonly action: string;
  readonly method: string;
  readonly data?: unknown;
  readonly query?: unknown;
  readonly headers?: unknown;
}

const MAX_FRAMES = 300;
const MAX_CHANGES = 50;
const ANSWER_TIMEOUT_MS = 60_000;

export class Session extends Store<SessionState> {
  private socket?: Socket;
  private lastId = 0;
  private turn = 0;

  constructor(private readonly socketPath: string) {
    super({ status: 'closed', frames: [], subscriptions: [] });
  }

  connect({ token, auth, path }: Credentials): void {
    this.socket?.close();
    const own = auth.trim() === '' ? {} : (JSON.parse(auth) as object);
    const socket = io(`${location.origin}${path}`, {
      path: this.socketPath,
      auth: { ...(token && { token }), ...own, jira: 2 },
      transports: ['websocket', 'polling'],
      forceNew: true,
    });
    this.socket = socket;
    this.set({ status: 'connecting', reason: undefined, subscriptions: [] });
    socket.on('connect', () => this.set({ status: 'open', reason: undefined }));
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      const code = error.data?.code;
      this.set({ status: 'refused', reason: code ? `${code}: ${error.message}` : error.message });
      if (code) socket.close();
    });
    socket.on('disconnect', (reason) => {
      const ended = this.state.subscriptions.map((one) => ({
        ...one,
        ended: one.ended ?? 'The connection was closed.',
      }));
      if (this.socket === socket)
        this.set({ status: socket.active ? 'connecting' : 'closed', reason, subscriptions: ended });
    });
    socket.onAny((event: string, payload: unknown) => this.receive(event, payload));
  }

  disconnect(): void {
    this.socket?.close();
    this.set({ status: 'closed', reason: undefined });
  }

  nextRequestId(): string {
    return `e${(this.lastId += 1)}`;
  }

  /** Any event with any payload; resolves with what it is answered. */
  async send(event: string, payload: unknown): Promise<Answer> {
    const socket = this.socket;
    if (!socket?.connected) throw new Error('Not connected.');
    this.log('sent', event, payload);
    const answer = (await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck(event, payload)) as Answer;
    this.log('received', event, answer);
    return answer;
  }

  async call({ namespace, ...request }: Request): Promise<Answer> {
    return this.send(namespace, { requestId: this.nextRequestId(), ...request });
  }

  /** Subscribes and reads the rows at once, where the hook lists them. */
  async subscribe({ namespace, ...request }: Request): Promise<Answer> {
    const requestId = this.nextRequestId();
    const headers = { resume: null, snapshot: true };
    let answer = await this.send(namespace, { requestId, ...request, headers });
    if (answer.status >= 400 && /snapshot|list/i.test(JSON.stringify(answer.data)))
      answer = await this.send(namespace, { requestId, ...request });
    const { channel, snapshot } = (answer.data ?? {}) as { channel?: string; snapshot?: unknown };
    if (answer.status >= 400 || channel === undefined) return answer;
    const results = Array.isArray(snapshot)
      ? snapshot
      : ((snapshot as { results?: unknown[] } | undefined)?.results ?? []);
    const rows = (results as Row['data'][]).map((data) => ({
      key: keyOf(data['id'] ?? data['pk'] ?? JSON.stringify(data)),
      data,
      turn: 0,
      how: 'read' as const,
      changed: [],
    }));
    const opened: Subscription = {
      requestId,
      namespace,
      action: request.action,
      query: request.query,
      channel,
      rows,
      changes: [],
    };
    this.set({ subscriptions: [...this.state.subscriptions, opened] });
    return answer;
  }

  async unsubscribe({ requestId, namespace }: Subscription): Promise<void> {
    this.set({ subscriptions: this.state.subscriptions.filter((one) => one.requestId !== requestId) });
    if (this.state.status === 'open')
      await this.call({ namespace, action: '$cancel', method: 'SUBSCRIPTION', data: { target: requestId } });
  }

  private receive(event: string, payload: unknown): void {
    this.log('received', event, payload);
    const frame = (payload ?? {}) as {
      type?: string;
      channel?: string;
      requestId?: string;
      status?: number;
      data?: unknown;
      id?: unknown;
    };
    const subscriptions = this.state.subscriptions.map((one) => {
      if (one.namespace !== event) return one;
      if (frame.type !== undefined && frame.channel === one.channel) return this.applied(one, frame as Change);
      if (frame.requestId !== one.requestId || frame.type !== undefined) return one;
      const { channel, code, message } = (frame.data ?? {}) as { channel?: string; code?: string; message?: string };
      if ((frame.status ?? 0) >= 400) return { ...one, ended: `${code ?? ''} ${message ?? ''}` };
      return channel === undefined ? one : { ...one, channel };
    });
    this.set({ subscriptions });
  }

  private applied(subscription: Subscription, { type, id, data }: Change): Subscription {
    const turn = (this.turn += 1);
    const note = (text: string): Subscription['changes'] =>
      [{ turn, at: new Date(), text, how: type }, ...subscription.changes].slice(0, MAX_CHANGES);
    if (type === 'reset') return { ...subscription, changes: note('Something could not be sent: subscribe again.') };
    const key = keyOf(id);
    const before = subscription.rows.find((row) => row.key === key);
    const title = `${subscription.namespace} ${key}`;
    if (type === 'removed')
      return {
        ...subscription,
        rows: subscription.rows.filter((row) => row.key !== key),
        changes: note(`${title} was deleted, or went out of sight`),
      };
    const shown = typeof data === 'object' && data !== null ? (data as Row['data']) : { value: data };
    const changed = before
      ? Object.keys(shown).filter((name) => JSON.stringify(shown[name]) !== JSON.stringify(before.data[name]))
      : [];
    const row: Row = { key, data: shown, turn, how: before ? 'modified' : 'added', changed };
    const rows = before ? subscription.rows.map((one) => (one.key === key ? row : one)) : [...subscription.rows, row];
    const difference = changed
      .map((name) => `${name}: ${brief(before?.data[name])} → ${brief(shown[name])}`)
      .join(', ');
    return {
      ...subscription,
      rows,
      changes: note(before ? `${title} ${difference || 'was written'}` : `${title} came into sight`),
    };
  }

  private log(direction: Frame['direction'], event: string, payload: unknown): void {
    const frame = { id: (this.lastId += 1), at: new Date(), direction, event, payload };
    this.set({ frames: [...this.state.frames, frame].slice(-MAX_FRAMES) });
  }
}

interface Change {
  readonly type: 'added' | 'modified' | 'removed' | 'reset';
  readonly id?: unknown;
  readonly data: unknown;
}

function keyOf(id: unknown): string {
  return typeof id === 'string' ? id : JSON.stringify(id);
}

function brief(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '–');
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
