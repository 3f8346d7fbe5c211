// The options of `createClient`, and their defaults.

import type { OfflineOptions, Persistence } from './persistence.js';

/** Credentials for the handshake, such as `{ token }`. The client adds the protocol version. */
export type Auth = Readonly<Record<string, unknown>>;
/** The credentials, or a function that returns fresh ones. It is called before each connection and reconnection. */
export type AuthSource = Auth | (() => Auth | Promise<Auth>);

/** One of Socket.IO's transports. */
export type Transport = 'websocket' | 'polling' | 'webtransport';

export interface ClientOptions {
  /**
   * Credentials such as `{ token }`, or a function that returns fresh ones for each connection.
   *
   * @default {}
   */
  readonly auth?: AuthSource;
  /** Time limit of a request in ms, including the wait for a connection. @default 10_000 */
  readonly timeoutMs?: number;
  /** Whether to connect at once; otherwise call `connect()`. @default true */
  readonly autoConnect?: boolean;
  /** Maximum number of queued requests. Further requests fail with `QUEUE_FULL`. @default 1_000 */
  readonly maxQueuedRequests?: number;
  /** Maximum number of requests in flight. More are queued, so that a burst stays within the server's limit. @default 32 */
  readonly maxRequestsInFlight?: number;
  /** Maximum number of stream items to buffer for a slow reader. More end the stream with `STREAM_OVERFLOW`. @default 1_000 */
  readonly maxBufferedItems?: number;
  /**
   * Time limit in ms for opening the transport, and again for the answer to the handshake. The second limit doubles with each
   * failure, up to eight times its length. On a silent network, the next attempt starts when it ends.
   *
   * @default 10_000
   */
  readonly connectTimeoutMs?: number;
  /** First wait before reconnecting, in ms. It doubles with each failure, with jitter. @default 500 */
  readonly reconnectMinMs?: number;
  /** Longest wait before reconnecting, in ms. @default 10_000 */
  readonly reconnectMaxMs?: number;
  /**
   * How long the connection may be silent before the client probes it, in ms. The client probes only while a request, a
   * subscription or a message listener waits. 0 turns this off. Socket.IO then notices a connection that died without a close,
   * after about 45 s.
   *
   * @default 5_000
   */
  readonly heartbeatIntervalMs?: number;
  /** How long to wait for the answer to a probe, in ms. After that, the connection counts as lost. @default 4_000 */
  readonly heartbeatTimeoutMs?: number;
  /**
   * Longest wait before the client delivers a `reset` from the server, in ms. The wait is random, so that the clients that got
   * the reset do not all refetch at once. Resets during the wait become one.
   *
   * @default 500
   */
  readonly resetJitterMs?: number;
  /** Socket.IO's transports, in the order to try. @default ['websocket', 'polling'] */
  readonly transports?: readonly Transport[];
  /** The path of the Socket.IO server. @default '/socket.io' */
  readonly path?: string;
  /** Extra HTTP headers of the handshake. Browsers send them with polling only. @default {} */
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /** Whether browsers send cookies to another origin, and Node keeps the cookies of polling. @default false */
  readonly withCredentials?: boolean;
  /**
   * The Socket.IO parser. It must be the server's.
   *
   * @default Socket.IO's own, JSON
   */
  readonly parser?: object;
  /** Node only: the `http.Agent` or `https.Agent` of the handshake, for example to connect through a proxy. @default none */
  readonly agent?: object;
  /** Node only: certificate authorities to trust, as PEM. @default Node's own */
  readonly ca?: string | readonly string[];
  /**
   * Whether writes carry an idempotency key. The server then does each write once, and the client sends it again after a lost
   * connection. The server must store the keys.
   *
   * @default false; true with `offline`
   */
  readonly writeOnce?: boolean;
  /**
   * Where to keep the rows of live stores beyond the page: `indexedDb('app', { user })` of `nestjs-jira-client/offline`.
   *
   * @default nothing is kept
   */
  readonly persist?: Persistence;
  /**
   * Keeps writes until there is a connection, and across reloads. Needs `persist`, and implies `writeOnce`.
   *
   * @default none: a write fails after `timeoutMs`
   */
  readonly offline?: OfflineOptions;
  /**
   * Called for errors that nothing else reports, such as a callback that throws, or a refused subscription without `onState`.
   *
   * @default console.error
   */
  readonly onError?: (error: unknown) => void;
}

/** Options without a default. */
type Optional = 'withCredentials' | 'parser' | 'agent' | 'ca' | 'persist' | 'offline';

export type ResolvedClientOptions = Required<Omit<ClientOptions, Optional>> & Pick<ClientOptions, Optional>;

export function resolveOptions(options: ClientOptions): ResolvedClientOptions {
  if (options.offline && !options.persist) {
    throw new TypeError('"offline" needs "persist", where writes are kept: persist: indexedDb(\'app\', { user }).');
  }
  return Object.freeze({
    auth: options.auth ?? {},
    timeoutMs: options.timeoutMs ?? 10_000,
    autoConnect: options.autoConnect ?? true,
    maxQueuedRequests: options.maxQueuedRequests ?? 1_000,
    maxRequestsInFlight: options.maxRequestsInFlight ?? 32,
    maxBufferedItems: options.maxBufferedItems ?? 1_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    reconnectMinMs: options.reconnectMinMs ?? 500,
    reconnectMaxMs: options.reconnectMaxMs ?? 10_000,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 5_000,
    // Longer than a garbage collection of the server, shorter than a user's patience.
    heartbeatTimeoutMs: options.heartbeatTimeoutMs ?? 4_000,
    resetJitterMs: options.resetJitterMs ?? 500,
    // Starting with polling would cost two more round trips and an upgrade. It is the fallback where proxies block WebSockets.
    transports: options.transports ?? (['websocket', 'polling'] as const),
    path: options.path ?? '/socket.io',
    extraHeaders: options.extraHeaders ?? {},
    withCredentials: options.withCredentials,
    parser: options.parser,
    agent: options.agent,
    ca: options.ca,
    writeOnce: options.writeOnce ?? options.offline !== undefined,
    persist: options.persist,
    offline: options.offline,
    onError: options.onError ?? logError,
  });
}

/** The default `onError`: an error is neither lost nor an unhandled rejection. */
function logError(error: unknown): void {
  globalThis.console.error(error);
}
