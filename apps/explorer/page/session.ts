// The connection to the server: sent and received frames, and subscriptions.

import { io, type Socket } from 'socket.io-client';
import { hasFilter } from './membership';
import { Store } from './store';
import { applied, explained, opened, type ChangeFrame, type Subscription } from './subscription';
import { Witness } from './witness';

export interface Credentials {
  readonly token: string;
  /** Further members of the handshake's `auth`, as JSON. */
  readonly auth: string;
  /** The URL path, for hooks that have one of their own. */
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
const ANSWER_TIMEOUT_MS = 60_000;

export class Session extends Store<SessionState> {
  private socket?: Socket;
  private lastId = 0;
  private turn = 0;
  private readonly witnesses = new Map<string, Witness>();

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
    this.witnesses.clear();
    this.set({ status: 'connecting', reason: undefined, subscriptions: [] });
    socket.on('connect', () => this.set({ status: 'open', reason: undefined }));
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      const code = error.data?.code;
      this.set({ status: 'refused', reason: code ? `${code}: ${error.message}` : error.message });
      if (code) socket.close();
    });
    socket.on('disconnect', (reason) => {
      this.witnesses.clear();
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

  /** Sends any event with any payload. Resolves with the answer. */
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

  /** Subscribes, and reads the rows at once if the hook lists them. */
  async subscribe({ namespace, ...request }: Request, canWitness: boolean): Promise<Answer> {
    const isList = request.action === 'listen';
    if (canWitness && (isList || hasFilter(request.query))) await this.witness(namespace);
    const requestId = this.nextRequestId();
    const asked = { requestId, ...request };
    let answer = await this.send(namespace, isList ? asked : { ...asked, headers: SNAPSHOT });
    if (!isList && answer.status >= 400 && /snapshot|list/i.test(JSON.stringify(answer.data)))
      answer = await this.send(namespace, asked);
    const data = (answer.data ?? {}) as Opened;
    const { channel } = data;
    if (answer.status >= 400 || channel === undefined) return answer;
    const list = isList ? { count: data.count ?? null, complete: data.complete ?? false } : undefined;
    const one = { requestId, namespace, action: request.action, query: request.query, channel, list };
    this.set({ subscriptions: [...this.state.subscriptions, opened(one, rowsOf(data), data.ids)] });
    return answer;
  }

  async unsubscribe({ requestId, namespace }: Subscription): Promise<void> {
    const subscriptions = this.state.subscriptions.filter((one) => one.requestId !== requestId);
    this.set({ subscriptions });
    if (this.state.status !== 'open') return;
    await this.cancel(namespace, requestId);
    const witness = this.witnesses.get(namespace);
    if (!witness || subscriptions.some((one) => one.namespace === namespace)) return;
    this.witnesses.delete(namespace);
    await this.cancel(namespace, witness.requestId);
  }

  private cancel(namespace: string, target: string): Promise<Answer> {
    return this.call({ namespace, action: '$cancel', method: 'SUBSCRIPTION', data: { target } });
  }

  /** Subscribes without a filter, to find reasons. If the caller may not do that, changes have no reasons. */
  private async witness(namespace: string): Promise<void> {
    if (this.witnesses.has(namespace)) return;
    const requestId = this.nextRequestId();
    const request = { requestId, method: 'SUBSCRIPTION', action: 'subscribe', headers: SNAPSHOT };
    const { status, data } = await this.send(namespace, request);
    const { channel } = (data ?? {}) as Opened;
    if (status < 400 && channel !== undefined)
      this.witnesses.set(namespace, new Witness(requestId, namespace, channel, rowsOf(data as Opened)));
  }

  private receive(event: string, payload: unknown): void {
    this.log('received', event, payload);
    const frame = (payload ?? {}) as Partial<ChangeFrame> & { readonly requestId?: string; readonly status?: number };
    const witness = this.witnesses.get(event);
    const sightOf = witness ? witness.sightOf.bind(witness) : (): undefined => {};
    const change = frame.type === undefined ? undefined : (frame as ChangeFrame);
    const { channel, code, message } = (frame.data ?? {}) as { channel?: string; code?: string; message?: string };
    if (witness && change?.channel === witness.channel) witness.hear(change);
    else if (witness && !change && frame.requestId === witness.requestId && channel) witness.channel = channel;
    this.turn += 1;
    const subscriptions = this.state.subscriptions.map((one) => {
      if (one.namespace !== event) return one;
      if (change)
        return change.channel === one.channel ? applied(one, change, this.turn, sightOf) : explained(one, sightOf);
      if (frame.requestId !== one.requestId) return one;
      if ((frame.status ?? 0) >= 400) return { ...one, ended: `${code ?? ''} ${message ?? ''}` };
      return channel === undefined ? one : { ...one, channel };
    });
    this.set({ subscriptions });
  }

  private log(direction: Frame['direction'], event: string, payload: unknown): void {
    const frame = { id: (this.lastId += 1), at: new Date(), direction, event, payload };
    this.set({ frames: [...this.state.frames, frame].slice(-MAX_FRAMES) });
  }
}

interface Opened {
  readonly channel?: string;
  readonly snapshot?: unknown;
  readonly rows?: readonly unknown[];
  readonly ids?: readonly unknown[];
  readonly count?: number | null;
  readonly complete?: boolean;
}

const SNAPSHOT = { resume: null, snapshot: true };

/** The rows of a live list, or of a snapshot with or without pages. */
function rowsOf({ rows, snapshot }: Opened): readonly unknown[] {
  if (rows) return rows;
  return Array.isArray(snapshot) ? snapshot : ((snapshot as { results?: unknown[] } | undefined)?.results ?? []);
}
