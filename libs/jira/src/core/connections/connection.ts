// One client connection, whatever door it came through.

import type { Query } from 'nestjs-jira-protocol';
import { JiraException } from '../errors/jira.exception.js';
import { DEFAULT_LIMITS } from '../limits/limits.js';
import type { RequestHandle } from './request-handle.js';
import type { ScopeUser } from './scope-types.js';

/** Parameters of a URL, by name. */
// oxlint-disable-next-line typescript/no-explicit-any -- strings, or what the class of the route makes of them
export type Params = Readonly<Record<string, any>>;

const NO_PARAMS: Params = Object.freeze({});

/** What the client said when it connected. */
export interface Handshake {
  /** Credentials; empty when the client gave none. Never logged. */
  readonly auth: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: Query;
  /** Address of the peer as the server sees it. */
  readonly address: string;
  /** Request URL of the handshake: path and query string. */
  readonly url: string;
  readonly isSecure: boolean;
  readonly time: Date;
}

/** How this client speaks: protocol version 2, djira's dialect, or a format that knows none of the protocol's own events. */
export type Dialect = 'jira' | 'djira' | 'foreign';

export abstract class Connection {
  abstract readonly id: string;
  abstract readonly handshake: Handshake;
  abstract readonly dialect: Dialect;
  /** The transport's own client, as Nest's guards know it: a Socket.IO socket. */
  abstract readonly client: object;
  /** Rooms this connection is in, its subscriptions' channels excluded. */
  abstract readonly rooms: ReadonlySet<string>;
  private readonly createdAtMs = Date.now();
  /** Pattern of the URL it came by; `undefined` for the one that all share. */
  route?: string;
  /** Parameters of that URL, as the route's class says, else strings. */
  params: Params = NO_PARAMS;
  /** The user of the handshake, `null` when anonymous. */
  user: ScopeUser = null;
  /** When the credentials end. */
  expiresAt?: Date;
  isClosed = false;
  /** Hears of everything handed to this connection's transport, but not of frames that many connections share. */
  onSent?: (connection: Connection, event: string, payload: unknown) => void;
  /** Rooms it may be in; its transport says. */
  mostRooms = DEFAULT_LIMITS.rooms;
  /** Code of what the server ended it for, once it has. */
  endReason?: string;

  /** Requests not yet answered, by `requestId`. Gone while there are none: most connections mostly listen. */
  private requests?: Map<string, RequestHandle>;

  /** Sends an event of the application's own. */
  abstract send(event: string, payload: unknown): void;
  /** Resolves when this client's buffer has room again (or the connection ended); undefined while it has. */
  abstract full(): Promise<void> | undefined;
  /** Ends the connection; the reason is told where the transport has a way. */
  abstract close(reason?: Error): void;
  /** Throws a JiraException with code `TOO_MANY_ROOMS` beyond the limit. */
  abstract join(room: string): void;
  abstract leave(room: string): void;

  /** Tells the client of a frame that cannot be answered, where its format has words for it. */
  complain(_reason: string): void {}

  get createdAt(): Date {
    return new Date(this.createdAtMs);
  }

  /** Path of the URL it came by. */
  get path(): string {
    return this.handshake.url.split('?', 1)[0] || '/';
  }

  /** Takes over whom authentication found. */
  admit({ user, expiresAt }: { readonly user: unknown; readonly expiresAt?: Date }): void {
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- ScopeUser is any until the application types it
    this.user = user as ScopeUser;
    this.expiresAt = expiresAt;
  }

  /** Throws `TOO_MANY_ROOMS` when the connection may not be in one more room. */
  protected checkRooms(): void {
    if (this.rooms.size >= this.mostRooms)
      throw new JiraException('TOO_MANY_ROOMS', `Too many rooms; the limit is ${this.mostRooms} per connection.`);
  }

  get inFlight(): number {
    return this.requests?.size ?? 0;
  }

  request(requestId: string): RequestHandle | undefined {
    return this.requests?.get(requestId);
  }

  begin(requestId: string, handle: RequestHandle): void {
    (this.requests ??= new Map()).set(requestId, handle);
  }

  end(requestId: string): void {
    this.requests?.delete(requestId);
    if (this.requests?.size === 0) this.requests = undefined;
  }

  /** Aborts every request in flight: nobody is left to be answered. */
  abortAll(reason: Error): void {
    for (const handle of this.requests?.values() ?? []) handle.abort(reason);
  }
}
