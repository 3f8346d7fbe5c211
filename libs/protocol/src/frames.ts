// The frames of protocol version 2, as docs/protocol.md specifies them.

/** The protocol version a client names in its handshake as `auth.jira`. */
export const PROTOCOL_VERSION = 2;

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'SUBSCRIPTION'] as const;
export type Method = (typeof METHODS)[number];

/**
 * How a row changed for one channel; `list`: how a live list did; `reset` means something could not be sent: refetch.
 */
export const CHANGE_TYPES = ['added', 'modified', 'removed', 'list', 'reset'] as const;
export type ChangeFrameType = (typeof CHANGE_TYPES)[number];

/** The action that cancels a request in flight; `data.target` is the cancelled request's id. */
export const CANCEL_ACTION = '$cancel';

/** The event of the connection itself: requests on it are to the server, not to a hook. */
export const CONNECTION_EVENT = '$connection';
/** The action on it that renews credentials; `data` is what the handshake's `auth` would be. */
export const AUTHENTICATE_ACTION = '$authenticate';
/** The action on it that does nothing but be answered: whether the connection is alive. */
export const PING_ACTION = '$ping';
/** The event that announces when a connection's credentials expire: `SessionData`. */
export const SESSION_EVENT = '$session';
/** The action on it that says which messages have arrived; `data.ids` are their ids. */
export const ACKNOWLEDGE_ACTION = '$acknowledge';
/** The event of a message from a queue: `{ id, event, data }`, sent again until it is acknowledged. */
export const MESSAGE_EVENT = '$message';

/** The event that says how far a connection was told: `PositionData`. Only for who asked for a token. */
export const POSITION_EVENT = '$position';

/** A row's key: its value, or one value per key column. */
export type RowId = string | number | Readonly<Record<string, string | number>>;

export type Query = Readonly<Record<string, unknown>>;

/** Client → server, on the event named after the namespace. */
export interface RequestFrame {
  readonly requestId: string;
  readonly method: Method;
  readonly action: string;
  readonly data?: unknown;
  readonly query?: Query;
  readonly headers?: Query;
}

/** `data` of an answer whose status is 400 or more. */
export interface ErrorData {
  /** A code of `CODES`, or an application's own. */
  readonly code: string;
  readonly message: string;
  /** Messages by input field; nested fields by dotted path. */
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  /** Why a subscription ended, in the frame that ends it. */
  readonly reason?: number;
}

/** Server → client: the one answer to a request (status 206 = one item of a stream, more follow). */
export interface AnswerFrame {
  readonly requestId: string;
  readonly method: Method;
  readonly action: string;
  readonly status: number;
  readonly data: unknown;
  /** Position of the commit this request made, if it wrote: equal to the `position` of the changes it caused. */
  readonly position?: string;
}

/** `data` of the answer to a subscribe request. */
export interface SubscribedData {
  /** The channel whose changes belong to this subscription. Several subscriptions may share one. */
  readonly channel: string;
  /** Changes committed after this position arrive on the channel. Opaque: compare for equality only. */
  readonly position: string;
}

/** `data` of the answer to a subscribe that carried `ResumeHeaders`. */
export interface ResumedData extends SubscribedData {
  /** The header `resume` of the next subscribe; absent where the subscription cannot be resumed. */
  readonly resume?: string;
  /** Whether what was missed is in `changes`; if not, refetch. */
  readonly recovered: boolean;
  /** The net changes since the position that was given, to be applied together. */
  readonly changes?: readonly ResumedChange[];
  /** What `list` answers, if it was asked for and nothing was recovered. */
  readonly snapshot?: unknown;
}

/** What became of one row while the client was away. */
export interface ResumedChange {
  readonly type: 'added' | 'modified' | 'removed';
  readonly id: RowId;
  /** As in a change frame. */
  readonly data: unknown;
  /** Of the last commit that changed the row. */
  readonly position: string;
}

/** The headers of a subscribe that may be resumed. */
export interface ResumeHeaders {
  /** The token of the subscribe before; `null` for the first. */
  readonly resume: string | null;
  /** The newest position up to which the client was sent everything. @default that of the token */
  readonly position?: string;
  /** How long the client has heard nothing from the server, in ms. */
  readonly silentMs?: number;
  /** Also answer the rows unless recovered: by the subscribe's query, or by this one. */
  readonly snapshot?: true | Query;
}

/** One step from what a live list was to what it is. Each index is valid once the steps before it are done. */
export type ListOp =
  | { readonly op: 'added'; readonly at: number; readonly id: RowId; readonly row: unknown }
  | { readonly op: 'modified'; readonly at: number; readonly id: RowId; readonly row: unknown }
  /** Taken out at `from`, put in at `at` of what is left; `row` if it is another now. */
  | { readonly op: 'moved'; readonly from: number; readonly at: number; readonly id: RowId; readonly row?: unknown }
  | { readonly op: 'removed'; readonly at: number; readonly id: RowId };

/** What goes with the rows of a live list. */
export interface ListState {
  /** How many rows match, those beyond the list included; `null` where nobody counts. */
  readonly count: number | null;
  /** Whether no row follows the last of the list. */
  readonly complete: boolean;
}

/** What goes with the rows on the wire. */
export interface ListShown extends ListState {
  /** Names what is shown now: the header `resume` of the next `listen`. Absent where nobody can come back to the list. */
  readonly resume?: string;
}

/** A live list as it is, whatever it was. */
export interface ListRows extends ListShown {
  readonly rows: readonly unknown[];
  /** The keys of the rows, in the same order. */
  readonly ids: readonly RowId[];
}

/** The steps from what a live list was. */
export interface ListSteps extends ListShown {
  /** Names the list before the steps: they are not for a client that shows another. Only in frames, where the list has names. */
  readonly from?: string;
  readonly ops: readonly ListOp[];
  readonly rows?: undefined;
}

/** `data` of a change frame of the type `list`: the steps from the list before, or the list itself. */
export type ListData = ListSteps | ListRows;

/** `data` of the answer to `listen`: a subscription, and the rows that its frames go on from. */
export interface ListenedData extends SubscribedData, ListRows {
  readonly recovered: false;
}

/** The same for a client that comes back: the steps from what the header `resume` names. */
export interface RelistedData extends SubscribedData, ListSteps {
  readonly recovered: true;
}

/** Server → client: one change, the same frame for every connection of the channel. */
export interface ChangeFrame {
  readonly method: 'SUBSCRIPTION';
  readonly type: ChangeFrameType;
  readonly status: 200;
  readonly channel: string;
  readonly position: string;
  /** The one subscription it is meant for, by its subscribe; absent = all of the channel. */
  readonly requestId?: string;
  /** Absent for `reset` and `list`. */
  readonly id?: RowId;
  /** The row's output view; for a row that left sight its id alone; `ListData` for `list`; `null` for `reset`. */
  readonly data: unknown;
}

/** Payload of `$position`. */
export interface PositionData {
  /** Everything up to here was sent, for every subscription of the connection. */
  readonly position: string;
  /** How many change frames the connection was sent since it opened. A client that has another number lost some. */
  readonly frames: number;
}

/** Payload of `$session`, and `data` of the answer to `$authenticate`. */
export interface SessionData {
  /** When the credentials end, as an ISO 8601 date; `null` = they do not. */
  readonly expiresAt: string | null;
  /** The same, in ms from now: clocks differ. */
  readonly expiresInMs: number | null;
}

/** `data` of the `connect_error` that refuses a handshake. */
export interface RefusalData {
  readonly code: string;
  readonly status: number;
}
