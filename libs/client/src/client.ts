// The client, assembled from its parts.

import { MESSAGE_EVENT, POSITION_EVENT, SESSION_EVENT } from 'nestjs-jira-protocol';
import type { Call } from './call.js';
import type { Change, SubscribeOptions, Subscription } from './change.js';
import { Connection } from './connection.js';
import type { ConnectionView } from './connection-view.js';
import { JiraClientError } from './errors.js';
import {
  UntypedHookClient,
  type AnyCall,
  type CallOf,
  type Calls,
  type HookClient,
  type Write,
} from './hook-client.js';
import { Listeners } from './listeners.js';
import { ids } from './ids.js';
import { withKey } from './write-once.js';
import { definedOf } from './defined.js';
import { createRequest, type JiraRequest } from './jira-request.js';
import type { ListenOptions, RowsListener } from './listen.js';
import { listen, type LiveList, type SeededList, type SeededOptions } from './listening.js';
import { resolveOptions, type AuthSource, type ClientOptions } from './options.js';
import { Messages, type MessageListener } from './messages.js';
import { Methods } from './methods.js';
import type { Persisted } from './persistence.js';
import { Requests } from './requests.js';
import { Session } from './session.js';
import { createStream } from './stream.js';
import type { SubscribeCall } from './subscribe-call.js';
import type { ListReader } from './subscription-entry.js';
import { Subscriptions } from './subscriptions.js';
import type { ApiLike, HookLike, ItemOf, NameOf, OutputOf, UntypedApi } from './types.js';

export interface JiraClient<Api extends ApiLike<Api> = UntypedApi> {
  /** Returns the calls of a namespace. Sends nothing. */
  hook<N extends NameOf<Api>>(namespace: N): HookClient<Api[N]>;
  /** The same for an untyped client: give the hook's type here. */
  hook<Hook extends HookLike<Hook> = never>(namespace: [Hook] extends [never] ? never : string): HookClient<Hook>;
  /** Calls any action. Resolves with its output. Rejects with `JiraClientError`. */
  request<N extends NameOf<Api>, A extends NameOf<Api[N]>>(
    namespace: N,
    action: A,
    ...call: CallOf<Api[N], A>
  ): JiraRequest<OutputOf<Api[N], A>>;
  /** Calls a streaming action when you start iterating. Leaving the loop cancels it. The loop throws `JiraClientError`. */
  stream<N extends NameOf<Api>, A extends NameOf<Api[N]>>(
    namespace: N,
    action: A,
    ...call: CallOf<Api[N], A>
  ): AsyncGenerator<OutputOf<Api[N], A>, void, undefined>;
  /**
   * Keeps a list equal to the result of its query: rows, order and count. Pass a `list` call that you have just made. The
   * server keeps the list, and the call itself is not sent. If the hook has no live lists, the client subscribes, fetches the
   * list, and fetches it again when only the server knows the result of a change. Errors go to `ready`, and to `onState` or,
   * without it, to the client's `onError`.
   *
   * @example
   * const stop = jira.listen(jira.hook('issues').list({ status: 'open' }), (rows) => render(rows));
   */
  listen<Output>(
    list: JiraRequest<Output>,
    onRows: RowsListener<Output>,
    options?: ListenOptions<ItemOf<Output>>,
  ): LiveList;
  /** Calls the listener once with each message from the server's queues, in order. Returns a function that removes it. */
  onMessage(listener: MessageListener): () => void;
  /** The state of the connection. */
  readonly connection: ConnectionView;
  /**
   * Connects if `autoConnect` is off, the server refused the connection, or you called `close()`. Pass new credentials to make
   * an open connection reconnect with them. Subscriptions continue.
   */
  connect(auth?: AuthSource): void;
  /**
   * Renews the credentials on the open connection. Nothing is lost, and subscriptions continue. The credentials must belong to
   * the same user. For another user, call `connect(auth)`. Resolves with the date at which the credentials expire, or `null`
   * if they do not. Rejects with `JiraClientError`; the old credentials then stay valid. If `auth` is a function, the client
   * calls it and renews by itself before the credentials expire.
   */
  authenticate(auth?: AuthSource): Promise<Date | null>;
  /** Closes the connection. Requests fail with `CLOSED`, and subscriptions end. */
  close(): void;
}

/**
 * Creates a client and connects it. The URL's path, if any, is the Socket.IO namespace.
 *
 * @example
 * const jira = createClient<Api>('http://localhost:3000', { auth: { token } });
 * await jira.hook('issues').create({ title: 'Ship it' });
 */
export function createClient<Api extends ApiLike<Api> = UntypedApi>(
  url: string,
  options: ClientOptions = {},
): JiraClient<Api> {
  return new Client(url, options) as unknown as JiraClient<Api>;
}

/** For tests: counts what a client holds. Not part of the public API. */
export function inspect<Api extends ApiLike<Api>>(client: JiraClient<Api>): Record<string, number> {
  return (client as unknown as Client).inspect();
}

class Client implements Calls {
  readonly connection: ConnectionView;
  /** For stores: the rows and writes that outlive the page. */
  readonly kept: Persisted | undefined;
  private readonly link: Connection;
  private readonly messages: Messages;
  private readonly methods = new Methods();
  private readonly requests: Requests;
  private readonly session: Session;
  private readonly subscriptions: Subscriptions;
  private readonly options;
  private readonly nextKey = ids();
  private readonly writes: Listeners<[Write]>;

  constructor(url: string, options: ClientOptions) {
    this.options = resolveOptions(options);
    this.writes = new Listeners(this.options.onError);
    const link = new Connection(url, this.options, {
      onConnected: () => {
        // Subscriptions go first, so that they receive the changes of queued writes.
        this.subscriptions.connected();
        this.requests.pump();
      },
      onLost: (error) => {
        this.session.stop();
        this.messages.connectionLost();
        this.subscriptions.connectionLost(error);
        this.requests.connectionLost(error);
      },
      onRefused: (error) => {
        this.subscriptions.connectionLost(error);
        this.requests.failAll(error);
      },
      onFrame: (namespace, frame) => {
        if (namespace === SESSION_EVENT) this.session.learn(frame);
        else if (namespace === POSITION_EVENT) this.subscriptions.positioned(frame);
        else if (namespace === MESSAGE_EVENT) this.messages.receive(frame);
        else if (!this.requests.receive(frame)) this.subscriptions.receive(namespace, frame);
      },
      isExpecting: () => this.requests.size + this.subscriptions.size + this.messages.size > 0,
    });
    this.link = link;
    this.messages = new Messages(link, this.options.onError);
    this.requests = new Requests(link, this.options, this.methods);
    this.session = new Session(this.requests, link, this.options, () => this.kept?.wake());
    this.subscriptions = new Subscriptions(this.requests, link, this.options);
    this.connection = {
      get state() {
        return link.state;
      },
      get reason() {
        return link.reason;
      },
      onState: (listener) => link.listeners.add(listener),
      check: () => link.check(),
    };
    this.kept = this.options.persist?.open({
      url,
      connection: this.connection,
      offline: this.options.offline,
      onError: this.options.onError,
      send: (call) => createRequest(this.requests, call),
      adopted: (write) => this.writes.emit(write),
    });
    if (this.options.autoConnect) link.connect();
  }

  hook(namespace: string): unknown {
    return new UntypedHookClient(this, namespace);
  }

  request(namespace: string, action: string, call?: AnyCall): JiraRequest<unknown> {
    const { optimistic, id, data } = call ?? {};
    const shown = optimistic === false ? undefined : optimistic;
    const made = this.callOf(namespace, action, call);
    const queue = this.kept?.takes(made) ? this.kept : undefined;
    const request = queue?.write(made, { id, shown }) ?? createRequest(this.requests, made);
    if (shown) this.writes.emit({ namespace, action, id, data, shown, request });
    return request;
  }

  stream(namespace: string, action: string, call?: AnyCall): AsyncGenerator<unknown, void, undefined> {
    return createStream(this.requests, this.callOf(namespace, action, call), this.options.maxBufferedItems);
  }

  subscribe(
    call: SubscribeCall,
    onChange: (change: Change) => void,
    options?: SubscribeOptions,
    list?: ListReader,
  ): Subscription {
    return this.subscriptions.subscribe(call, onChange, options, list);
  }

  listen(request: JiraRequest<unknown>, onRows: RowsListener<unknown>, options: SeededOptions = {}): SeededList {
    return listen({ calls: this, report: this.options.onError }, request, onRows, options);
  }

  onMessage(listener: MessageListener): () => void {
    return this.messages.listen(listener);
  }

  /** For stores: calls the listener with each optimistic write. Returns a function that removes it. */
  onWrite(listener: (write: Write) => void): () => void {
    for (const write of this.kept?.pending ?? []) listener(write);
    return this.writes.add(listener);
  }

  connect(auth?: AuthSource): void {
    this.link.connect(auth);
  }

  authenticate(auth?: AuthSource): Promise<Date | null> {
    return this.session.renew(auth);
  }

  close(): void {
    const error = new JiraClientError('The client was closed.', { code: 'CLOSED' });
    this.kept?.close();
    this.session.stop();
    this.link.close(error);
    this.subscriptions.close(error);
    this.requests.failAll(error);
  }

  private callOf(
    namespace: string,
    action: string,
    { id, query, once, optimistic: _shown, ...rest }: AnyCall = {},
  ): Call {
    const named = id === undefined ? query : { ...query, pk: id };
    const isMethodAssumed = rest.method === undefined && this.methods.isAssumed(action);
    const method = this.methods.of(namespace, action);
    const call = { method, isMethodAssumed, ...definedOf(rest), namespace, action, query: named };
    return withKey(call, once ?? this.options.writeOnce, this.nextKey);
  }

  inspect(): Record<string, number> {
    const { requests, subscriptions, link } = this;
    return {
      requests: requests.size,
      queued: requests.queued,
      inFlight: requests.sent,
      subscriptions: subscriptions.size,
      channels: subscriptions.channels,
      ...link.inspect(),
    };
  }
}
