// One client connection, whatever its transport.

import type { Query } from 'nestjs-jira-protocol';
import { publishRefusal } from '../diagnostics/diagnostics.js';
import { JiraException } from '../errors/jira.exception.js';
import { DEFAULT_LIMITS, type ConnectionLimits } from '../limits/limits.js';
import { Party } from '../limits/party.js';
import type { RequestHandle } from './request-handle.js';
import type { ScopeUser } from './scope-types.js';

/** Parameters of a URL, by name. */
// oxlint-disable-next-line typescript/no-explicit-any -- strings, or what the class of the route makes of them
export type Params = Readonly<Record<string, any>>;

const NO_PARAMS: Params = Object.freeze({});

/** What the client sent when it connected. */
export interface Handshake {
  /** Credentials; empty if the client sent none. Never logged. */
  readonly auth: Readonly<Record<string, unknown>>;
  /** HTTP headers of the handshake, with names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Query of the URL. */
  readonly query: Query;
  /** Address of the peer as the server sees it. */
  readonly address: string;
  /** Request URL of the handshake: path and query string. */
  readonly url: string;
  /** Whether the client connected to this server over TLS. */
  readonly isSecure: boolean;
  /** When the handshake began. */
  readonly time: Date;
}

/** The form of a client's frames: `jira` is protocol version 2, and `foreign` a format without the protocol's own events. */
export type Dialect = 'jira' | 'djira' | 'foreign';

/** One client, over any transport. */
export abstract class Connection {
  /** Unique among the connections of all processes. */
  abstract readonly id: string;
  abstract readonly handshake: Handshake;
  abstract readonly dialect: Dialect;
  /** The transport's own client, as Nest's guards know it: a Socket.IO socket. */
  abstract readonly client: object;
  /** Rooms this connection is in. Channels of its subscriptions are not among them. */
  abstract readonly rooms: ReadonlySet<string>;
  private readonly createdAtMs = Date.now();
  /** Pattern of the URL it connected to; `undefined` for the default path. */
  route?: string;
  /** Parameters of that URL: an instance of the route's `params` class, or strings if it has none. */
  params: Params = NO_PARAMS;
  /** The user who connected; `null` if anonymous. */
  user: ScopeUser = null;
  /** When the credentials expire; `undefined` = never. */
  expiresAt?: Date;
  isClosed = false;
  /** Called for everything handed to this connection's transport, except frames that many connections share. */
  onSent?: (connection: Connection, event: string, payload: unknown) => void;
  /** What `limitsOf` returned for this connection. */
  ownLimits?: Partial<ConnectionLimits>;
  /** How many rooms it may be in. Set by its transport. */
  maxRooms = DEFAULT_LIMITS.rooms;
  /** Code of the error for which the server disconnected it; `undefined` if the server did not. */
  endReason?: string;

  /** Requests that were abandoned and answered, but whose work has not ended. */
  private abandoned = 0;
  private ownParty?: Party;
  /** Acknowledgements among the requests in flight. */
  acknowledging = 0;
  /** Requests not yet answered, by `requestId`. Absent while there are none: most connections mostly listen. */
  private requests?: Map<string, RequestHandle>;

  /** Sends an application event. */
  abstract send(event: string, payload: unknown): void;
  /** Resolves when this client's buffer has room again, or the connection has closed. `undefined` while it has room. */
  abstract full(): Promise<void> | undefined;
  /** Disconnects the client, with the reason if the transport can carry one. */
  abstract close(reason?: Error): void;
  /** @throws JiraException `TOO_MANY_ROOMS` beyond the limit `rooms` */
  abstract join(room: string): void;
  abstract leave(room: string): void;

  /** Reports a frame that cannot be answered, if the client's format can express it. */
  complain(_reason: string): void {}

  get createdAt(): Date {
    return new Date(this.createdAtMs);
  }

  /** Path of the URL it connected to. */
  get path(): string {
    return this.handshake.url.split('?', 1)[0] || '/';
  }

  /** Adopts the result of authentication. */
  admit({ user, expiresAt }: { readonly user: unknown; readonly expiresAt?: Date }): void {
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- ScopeUser is any until the application types it
    this.user = user as ScopeUser;
    this.expiresAt = expiresAt;
  }

  /** Throws `TOO_MANY_ROOMS` if the connection may not join another room. */
  protected checkRooms(): void {
    if (this.rooms.size < this.maxRooms) return;
    publishRefusal('rooms', this.id);
    throw new JiraException('TOO_MANY_ROOMS', `Too many rooms; the limit is ${this.maxRooms} per connection.`);
  }

  /** How many requests are unanswered, or abandoned and still running. */
  get inFlight(): number {
    return (this.requests?.size ?? 0) + this.abandoned;
  }

  /** The party whose turns its requests take. Set by its transport, before the first request. */
  get party(): Party {
    return (this.ownParty ??= new Party());
  }

  set party(party: Party) {
    this.ownParty = party;
  }

  request(requestId: string): RequestHandle | undefined {
    return this.requests?.get(requestId);
  }

  begin(requestId: string, handle: RequestHandle): void {
    (this.requests ??= new Map()).set(requestId, handle);
    this.party.began();
  }

  end(requestId: string): void {
    this.requests?.delete(requestId);
    if (this.requests?.size === 0) this.requests = undefined;
    this.party.ended();
  }

  /** Called when a request is abandoned while its work goes on. */
  abandoning(): void {
    this.abandoned++;
    this.party.began();
  }

  /** Called when the work of an abandoned request has ended. */
  abandonedEnded(): void {
    this.abandoned--;
    this.party.ended();
  }

  /** Aborts every request in flight: the client is gone. */
  abortAll(reason: Error): void {
    for (const handle of this.requests?.values() ?? []) handle.abort(reason);
  }
}
