// Every bound of the server, with the reason for its number. docs/security.md explains each to users.

/** How much one query may ask for. */
export interface QueryLimits {
  /** Values of one `in` or `not_in`. @default 100, a page of ids */
  readonly inValues: number;
  /** Length of a text in a filter, in UTF-16 units. @default 1_000, longer than any title */
  readonly stringLength: number;
  /** Fields of one `ordering`. @default 8 */
  readonly orderingFields: number;
  /** Relations between the row and a field that a hook may let clients filter or order by. @default 3 */
  readonly relationDepth: number;
  /** Comparisons of one query, `$or` groups and the words of `search` included. @default 50 */
  readonly terms: number;
  /** `$or` within `$or`. @default 3 */
  readonly orDepth: number;
  /** Words of one `search`. @default 8 */
  readonly searchWords: number;
}

/** How much one connection, user or address may ask of the server. */
export interface TrafficLimits {
  /** Requests one connection may have unanswered. @default 256, more than a page asks for as it opens */
  readonly requestsInFlight: number;
  /** Requests and events a second of one connection, in the long run. @default 100 */
  readonly requestsPerSecond: number;
  /** The same of all connections of one user together. @default 300, a few busy tabs */
  readonly userRequestsPerSecond: number;
  /** Seconds' worth of each rate that may come at once. @default 5, so that a page may open with 500 requests */
  readonly burstSeconds: number;
  /** Requests refused for their rate in a minute, after which the connection is closed. @default 1_000 */
  readonly refusedRequests: number;
  /** Frames in a minute that are no requests, after which the connection is closed. @default 50, none is a client's habit */
  readonly malformedFrames: number;
  /** Subscriptions one connection may hold. @default 100 */
  readonly subscriptions: number;
  /** Rooms one connection may be in, and rooms one subscription may watch. @default 100 */
  readonly rooms: number;
  /** Open connections of one user. @default 100, every tab of a hoarder, on each device */
  readonly connectionsPerUser: number;
  /** Open connections from one address; loopback is not counted. @default 1_000, an office behind one router */
  readonly connectionsPerAddress: number;
  /** Handshakes a second from one address, in the long run; loopback is not counted. @default 50 */
  readonly handshakesPerSecond: number;
  /** Time a handshake may take, authentication included, in ms. @default 10_000 */
  readonly handshakeTimeoutMs: number;
  /** Bytes waiting for a client that reads too slowly, after which it is closed. @default 1_000_000, ten of the largest frames */
  readonly bufferedBytes: number;
}

export interface Limits extends QueryLimits, TrafficLimits {
  /** Largest frame a client may send, in bytes. @default 100_000, room for a long text, far below Socket.IO's 1 MB */
  readonly frameBytes: number;
  /** Deepest nesting of `data` and `query`. @default 16, deeper than any form, shallow enough for recursive validators */
  readonly jsonDepth: number;
  /** Keys and array items in one frame. @default 2_000, a bulk create of 100 rows with 20 fields */
  readonly jsonKeys: number;
  /** Rows of a page a client may ask for. @default 100, as common for REST APIs */
  readonly pageSize: number;
  /** Rows one answer may hold by one relation it expands. @default 1_000, ten of each row of the largest page */
  readonly expandedRows: number;
  /** Time an action may take before it is aborted, in ms. @default 30_000 */
  readonly actionTimeoutMs: number;
  /** Time that requests in flight get at shutdown, in ms. @default 10_000, a third of what Kubernetes gives a pod to end */
  readonly drainMs: number;
  /** Frames held for a subscriber between its subscribing and its answer. @default 1_000 */
  readonly heldFrames: number;
  /** Items of a stream held for a client that does not keep up, or collected for one of djira's. @default 1_000 */
  readonly streamItems: number;
  /** Messages kept for one recipient; the oldest give way. @default 1_000, what a busy user gets in a weekend */
  readonly queuedMessages: number;
  /** Time a message is kept for a recipient who is away, in ms. @default 604_800_000, a week */
  readonly messageTtlMs: number;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  frameBytes: 100_000,
  jsonDepth: 16,
  jsonKeys: 2_000,
  inValues: 100,
  stringLength: 1_000,
  orderingFields: 8,
  relationDepth: 3,
  terms: 50,
  orDepth: 3,
  searchWords: 8,
  pageSize: 100,
  expandedRows: 1_000,
  requestsInFlight: 256,
  requestsPerSecond: 100,
  userRequestsPerSecond: 300,
  burstSeconds: 5,
  refusedRequests: 1_000,
  malformedFrames: 50,
  subscriptions: 100,
  rooms: 100,
  connectionsPerUser: 100,
  connectionsPerAddress: 1_000,
  handshakesPerSecond: 50,
  handshakeTimeoutMs: 10_000,
  bufferedBytes: 1_000_000,
  actionTimeoutMs: 30_000,
  drainMs: 10_000,
  heldFrames: 1_000,
  streamItems: 1_000,
  queuedMessages: 1_000,
  messageTtlMs: 7 * 24 * 3_600_000,
});
