// What `createClient` can be told, and the defaults.

/** Credentials for the handshake; the client adds the protocol version. */
export type Auth = Readonly<Record<string, unknown>>;
/** The credentials, or where to get fresh ones: asked before every connection, reconnections included. */
export type AuthSource = Auth | (() => Auth | Promise<Auth>);

export type Transport = 'websocket' | 'polling' | 'webtransport';

export interface ClientOptions {
  /** Credentials, for instance `{ token }`, or a function that gets them anew for each connection. @default {} */
  readonly auth?: AuthSource;
  /** How long a request may take, waiting for the connection included. @default 10_000 */
  readonly timeoutMs?: number;
  /** Connect at once; false waits for `connect()`. @default true */
  readonly autoConnect?: boolean;
  /** Requests that may wait to be sent. More fail with `QUEUE_FULL`. @default 1_000 */
  readonly maxQueuedRequests?: number;
  /** Requests sent and not yet answered; the rest waits, so that a burst does not meet the server's limit. @default 32 */
  readonly maxRequestsInFlight?: number;
  /** Items a stream holds for a slow reader. More end it with `STREAM_OVERFLOW`. @default 1_000 */
  readonly maxBufferedItems?: number;
  /** First wait before a reconnection; doubles with each failure, give or take half. @default 500 */
  readonly reconnectMinMs?: number;
  /** Longest wait before a reconnection. @default 10_000 */
  readonly reconnectMaxMs?: number;
  /** Socket.IO's transports, in the order to try. @default ['websocket', 'polling'] */
  readonly transports?: readonly Transport[];
  /** Path of the Socket.IO server. @default '/socket.io' */
  readonly path?: string;
  /** Extra HTTP headers of the handshake (browsers send them with polling only). @default {} */
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /** Failures nobody else hears of: a callback that throws, a subscription refused without `onState`. @default console.error */
  readonly onError?: (error: unknown) => void;
}

export type ResolvedClientOptions = Required<ClientOptions>;

export function resolveOptions(options: ClientOptions): ResolvedClientOptions {
  return Object.freeze({
    auth: options.auth ?? {},
    timeoutMs: options.timeoutMs ?? 10_000,
    autoConnect: options.autoConnect ?? true,
    maxQueuedRequests: options.maxQueuedRequests ?? 1_000,
    maxRequestsInFlight: options.maxRequestsInFlight ?? 32,
    maxBufferedItems: options.maxBufferedItems ?? 1_000,
    reconnectMinMs: options.reconnectMinMs ?? 500,
    reconnectMaxMs: options.reconnectMaxMs ?? 10_000,
    // Polling first would cost two more round trips and an upgrade; it stays as the way through hostile proxies.
    transports: options.transports ?? (['websocket', 'polling'] as const),
    path: options.path ?? '/socket.io',
    extraHeaders: options.extraHeaders ?? {},
    onError: options.onError ?? logError,
  });
}

/** The last resort: neither silence, nor the end of a process whose subscription was refused. */
function logError(error: unknown): void {
  globalThis.console.error(error);
}
