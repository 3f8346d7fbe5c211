// Every limit of the server, with the reason for its default. docs/security.md explains each.

/** Limits of one query. */
export interface QueryLimits {
  /** Values in one `in` or `not_in`. @default 100, a page of ids */
  readonly inValues: number;
  /** Length of a string in a filter, in UTF-16 code units. @default 1_000, longer than any title */
  readonly stringLength: number;
  /** Fields in one `ordering`. @default 8 */
  readonly orderingFields: number;
  /** Relations between the row and a field that clients may filter or order by. @default 3 */
  readonly relationDepth: number;
  /** Conditions of one query, including `$or` groups and `search` words. @default 50 */
  readonly terms: number;
  /**
   * Weight of one query. A condition weighs 1, one that searches a text 4, a pattern 8, and each relation that it crosses adds
   * 8. `search` counts each word in each of its fields.
   *
   * @default 200, 50 searches of texts
   */
  readonly queryWeight: number;
  /** Levels of `$or` within `$or`. @default 3 */
  readonly orDepth: number;
  /** Words in one `search`. @default 8 */
  readonly searchWords: number;
}

/** Limits of one connection, user or address. */
export interface TrafficLimits {
  /** Bytes of one answer, before it is encoded. Beyond, the client gets `ANSWER_TOO_LARGE`. @default 5_000_000 */
  readonly answerBytes: number;
  /** Requests in flight per connection. @default 256, more than a page sends as it opens */
  readonly requestsInFlight: number;
  /** Requests in flight of one user, or of the anonymous callers of one address. @default 1_500, what a burst lets in */
  readonly userRequestsInFlight: number;
  /** Sustained requests and events per second of one connection. @default 100 */
  readonly requestsPerSecond: number;
  /** Sustained requests and events per second of all connections of one user together. @default 300, a few busy tabs */
  readonly userRequestsPerSecond: number;
  /** Weight per second of one user's queries, plus the `cost` of the actions called. @default 1_000, five of the heaviest */
  readonly userWeightPerSecond: number;
  /** How many seconds' worth of each rate a burst may use. @default 5, so that a page may open with 500 requests */
  readonly burstSeconds: number;
  /** Rate refusals per minute after which the connection is closed. @default 1_000 */
  readonly refusedRequests: number;
  /** Malformed frames per minute after which the connection is closed. @default 50, a correct client sends none */
  readonly malformedFrames: number;
  /** Subscriptions one connection may hold. @default 100 */
  readonly subscriptions: number;
  /** Rooms one connection may be in, and rooms one subscription may watch. @default 100 */
  readonly rooms: number;
  /** Open connections per user. @default 100, many tabs on several devices */
  readonly connectionsPerUser: number;
  /** Open connections per address; loopback is exempt. @default 1_000, an office behind one router */
  readonly connectionsPerAddress: number;
  /** Sustained handshakes per second from one address; loopback is exempt. @default 50 */
  readonly handshakesPerSecond: number;
  /** Time a handshake may take, authentication included, in ms. @default 10_000 */
  readonly handshakeTimeoutMs: number;
  /** Time until a Socket.IO client that sends nothing after its transport has opened is disconnected, in ms. @default 5_000 */
  readonly silenceTimeoutMs: number;
  /** Bytes buffered for a slow client before it is disconnected. @default 1_000_000, ten of the largest frames */
  readonly bufferedBytes: number;
}

/** Limits of the work that the server does for requests at the same time. */
export interface WorkLimits {
  /**
   * Share of a data source's pool that requests leave to other work, in percent. In a pool of three or more, at least one
   * connection.
   *
   * @default 20, two of ten
   */
  readonly reservedPoolPercent: number;
  /** Share of the other connections that one user's requests may use at once, in percent. @default 50, four of eight */
  readonly userPoolPercent: number;
}

/** The limits of `forRoot({ limits })`. */
export interface Limits extends QueryLimits, TrafficLimits, WorkLimits {
  /** Largest frame a client may send, in bytes. @default 100_000, room for a long text, far below Socket.IO's 1 MB */
  readonly frameBytes: number;
  /** Deepest nesting of `data` and `query`. @default 16, deeper than any form, shallow enough for recursive validators */
  readonly jsonDepth: number;
  /** Keys and array items in one frame. @default 2_000, a bulk create of 100 rows with 20 fields */
  readonly jsonKeys: number;
  /** Rows per page a client may request. @default 100, as is common for REST APIs */
  readonly pageSize: number;
  /** Related rows in one answer for one expanded relation. @default 1_000, ten for each row of the largest page */
  readonly expandedRows: number;
  /** Time an action may take before it is aborted, in ms. @default 30_000 */
  readonly actionTimeoutMs: number;
  /** Time that requests in flight have to finish at shutdown, in ms. @default 10_000, a third of Kubernetes' grace period */
  readonly drainMs: number;
  /** Frames held for a subscriber until its subscribe request is answered. @default 1_000 */
  readonly heldFrames: number;
  /** Changes of one commit that a subscription gets one by one. If there are more, it gets `reset`. @default 1_000 */
  readonly changesPerCommit: number;
  /** Stream items buffered for a slow client, or collected for a djira client. @default 1_000 */
  readonly streamItems: number;
  /** Messages kept per recipient; the oldest are dropped. @default 1_000, what a busy user gets in a weekend */
  readonly queuedMessages: number;
  /** How long a message is kept for a recipient who is offline, in ms. @default 604_800_000, a week */
  readonly messageTtlMs: number;
}

/** The limits that may differ from connection to connection. */
export const CONNECTION_LIMITS = [
  'answerBytes', 'requestsInFlight', 'requestsPerSecond', 'refusedRequests', 'malformedFrames', 'subscriptions', 'rooms',
  'connectionsPerUser', 'userRequestsPerSecond', 'userRequestsInFlight', 'userWeightPerSecond',
] as const; // prettier-ignore

/** The limits that `limitsOf` may set for a connection. */
export type ConnectionLimits = Pick<Limits, (typeof CONNECTION_LIMITS)[number]>;

/** Injection token of the resolved limits. */
export const LIMITS = Symbol('jira limits');

/** The limits that apply where `forRoot({ limits })` sets none. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  frameBytes: 100_000,
  jsonDepth: 16,
  jsonKeys: 2_000,
  inValues: 100,
  stringLength: 1_000,
  orderingFields: 8,
  relationDepth: 3,
  terms: 50,
  queryWeight: 200,
  orDepth: 3,
  searchWords: 8,
  pageSize: 100,
  expandedRows: 1_000,
  answerBytes: 5_000_000,
  requestsInFlight: 256,
  userRequestsInFlight: 1_500,
  requestsPerSecond: 100,
  userRequestsPerSecond: 300,
  userWeightPerSecond: 1_000,
  burstSeconds: 5,
  refusedRequests: 1_000,
  malformedFrames: 50,
  subscriptions: 100,
  rooms: 100,
  connectionsPerUser: 100,
  connectionsPerAddress: 1_000,
  handshakesPerSecond: 50,
  handshakeTimeoutMs: 10_000,
  silenceTimeoutMs: 5_000,
  bufferedBytes: 1_000_000,
  reservedPoolPercent: 20,
  userPoolPercent: 50,
  actionTimeoutMs: 30_000,
  drainMs: 10_000,
  heldFrames: 1_000,
  changesPerCommit: 1_000,
  streamItems: 1_000,
  queuedMessages: 1_000,
  messageTtlMs: 7 * 24 * 3_600_000,
});
