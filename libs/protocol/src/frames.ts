// The frames of protocol version 2, as docs/protocol.md specifies them.

/** The protocol version a client names in its handshake as `auth.jira`. */
export const PROTOCOL_VERSION = 2;

/** The methods of requests. An action accepts one or more of them. */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'SUBSCRIPTION'] as const;
export type Method = (typeof METHODS)[number];

/**
 * The types of change frames: a row was `added`, `modified` or `removed` for its channel, or a live list changed (`list`).
 * `reset` means that changes may have been missed: refetch.
 */
export const CHANGE_TYPES = ['added', 'modified', 'removed', 'list', 'reset'] as const;
export type ChangeFrameType = (typeof CHANGE_TYPES)[number];

/** The action that cancels a request in flight, or ends a subscription. `data.target` is the `requestId` to cancel. */
export const CANCEL_ACTION = '$cancel';

/** The event of the connection itself. Requests on it go to the server, not to a hook. */
export const CONNECTION_EVENT = '$connection';
/** The action on `$connection` that renews credentials. `data` is what a handshake would send as `auth`. */
export const AUTHENTICATE_ACTION = '$authenticate';
/** The action on `$connection` that only gets an answer. It shows whether the connection is alive. */
export const PING_ACTION = '$ping';
/** The event that says when a connection's credentials expire. Its payload is `SessionData`. */
export const SESSION_EVENT = '$session';
/** The action on `$connection` that acknowledges messages. `data.ids` lists their ids. */
export const ACKNOWLEDGE_ACTION = '$acknowledge';
/** The event of a message from a queue. Its payload is `{ id, event, data }`. The server repeats it until it is acknowledged. */
export const MESSAGE_EVENT = '$message';

/** The event that says up to which position everything was sent, as `PositionData`. Only clients that may resume get it. */
export const POSITION_EVENT = '$position';

/** A row's key: its value, or one value for each key column. */
export type RowId = string | number | Readonly<Record<string, string | number>>;

/** A JSON object: filters, paging and `pk` in `query`, or the `headers` of a request. */
export type Query = Readonly<Record<string, unknown>>;

/** Client → server, on the event named after the namespace. */
export interface RequestFrame {
  /** Chosen by the client: 1 to 128 characters, unique among its open requests. */
  readonly requestId: string;
  readonly method: Method;
  /** 1 to 128 characters. */
  readonly action: string;
  /** The action's input. */
  readonly data?: unknown;
  /** Filters, paging, and `pk`, the key of the row. @default {} */
  readonly query?: Query;
  /** Headers such as `idempotency-key`, `if-match` or `resume`. @default {} */
  readonly headers?: Query;
}

/** `data` of an answer whose status is 400 or more. */
export interface ErrorData {
  /** A code of `CODES`, or an application's own. */
  readonly code: string;
  /** One or more sentences for people. Do not parse them. */
  readonly message: string;
  /** Messages by input field. A nested field's key is its dotted path. */
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  /** Why a subscription ended, in the frame that ends it. */
  readonly reason?: number;
}

/** Server → client: the one answer to a request. A stream gets a frame with status 206 for each item, then a last frame. */
export interface AnswerFrame {
  readonly requestId: string;
  readonly method: Method;
  readonly action: string;
  /** As in HTTP, 100 to 599. From 400 on, `data` is `ErrorData`. */
  readonly status: number;
  readonly data: unknown;
  /** The position of the commit, if the request wrote. It equals the `position` of the changes that the request caused. */
  readonly position?: string;
}

/** `data` of the answer to a subscribe request. */
export interface SubscribedData {
  /** The channel whose changes belong to this subscription. Several subscriptions may share it. */
  readonly channel: string;
  /** Changes committed after this position arrive on the channel. It is opaque: compare it for equality only. */
  readonly position: string;
}

/** `data` of the answer to a subscribe that carried `ResumeHeaders`. */
export interface ResumedData extends SubscribedData {
  /** Send it as the header `resume` of the next subscribe. Absent if the subscription cannot be resumed. */
  readonly resume?: string;
  /** Whether `changes` holds everything that was missed. If not, refetch. */
  readonly recovered: boolean;
  /** The net changes since the given position. Apply them together. */
  readonly changes?: readonly ResumedChange[];
  /** The answer of `list`. Present if the client asked for it and nothing was recovered. */
  readonly snapshot?: unknown;
}

/** The net change of one row while the client was away. */
export interface ResumedChange {
  readonly type: 'added' | 'modified' | 'removed';
  readonly id: RowId;
  /** As in a change frame. */
  readonly data: unknown;
  /** The position of the last commit that changed the row. */
  readonly position: string;
}

/** The headers of a subscribe that can be resumed later. */
export interface ResumeHeaders {
  /** The token of the previous subscribe; `null` for the first. */
  readonly resume: string | null;
  /**
   * The newest position up to which the client was sent everything.
   *
   * @default the position of the token
   */
  readonly position?: string;
  /** How long the client has received nothing from the server, in ms. */
  readonly silentMs?: number;
  /** Asks for the rows if nothing is recovered: with the query of the subscribe (`true`), or with this query. */
  readonly snapshot?: true | Query;
}

/** One step of a change to a live list. Apply the steps in order. Each index holds after the previous steps. */
export type ListOp =
  | { readonly op: 'added'; readonly at: number; readonly id: RowId; readonly row: unknown }
  | { readonly op: 'modified'; readonly at: number; readonly id: RowId; readonly row: unknown }
  /** Take the row out at `from`, then insert it at `at`. `row` is present if the row itself changed too. */
  | { readonly op: 'moved'; readonly from: number; readonly at: number; readonly id: RowId; readonly row?: unknown }
  | { readonly op: 'removed'; readonly at: number; readonly id: RowId };

/** What a live list has besides its rows. */
export interface ListState {
  /** How many rows match, including those beyond the list. `null` if they are not counted. */
  readonly count: number | null;
  /** Whether no row follows the last of the list. */
  readonly complete: boolean;
}

/** The state of a live list on the wire. */
export interface ListShown extends ListState {
  /** Send it as the header `resume` of the next `listen`. Absent if the list cannot be resumed. */
  readonly resume?: string;
}

/** A whole live list. */
export interface ListRows extends ListShown {
  readonly rows: readonly unknown[];
  /** The keys of the rows, in the same order. */
  readonly ids: readonly RowId[];
}

/** The steps from the last state of a live list to this one. */
export interface ListSteps extends ListShown {
  /**
   * Names the list before the steps. A client that shows another list must not apply them. Present only in change frames, and
   * only if the list can be resumed.
   */
  readonly from?: string;
  readonly ops: readonly ListOp[];
  readonly rows?: undefined;
}

/** `data` of a change frame of the type `list`: the steps from the previous list, or the list itself. */
export type ListData = ListSteps | ListRows;

/** `data` of the answer to `listen`: a subscription, and the rows to which the steps in its frames apply. */
export interface ListenedData extends SubscribedData, ListRows {
  readonly recovered: false;
}

/** The same for a client that comes back: the steps from the list that the header `resume` names. */
export interface RelistedData extends SubscribedData, ListSteps {
  readonly recovered: true;
}

/** Server → client: one change. Every connection of the channel gets the same frame. */
export interface ChangeFrame {
  readonly method: 'SUBSCRIPTION';
  readonly type: ChangeFrameType;
  readonly status: 200;
  readonly channel: string;
  readonly position: string;
  /** The `requestId` of the only subscription that the frame is for. Absent if it is for the whole channel. */
  readonly requestId?: string;
  /** The row's key. Absent for `reset` and `list`. */
  readonly id?: RowId;
  /** The row's view, or its key alone if the caller no longer sees the row. `ListData` for `list`. `null` for `reset`. */
  readonly data: unknown;
}

/** The payload of `$position`. */
export interface PositionData {
  /** Everything up to this position was sent, for every subscription of the connection. */
  readonly position: string;
  /** The number of change frames sent on this connection. A client that received fewer has lost some. */
  readonly frames: number;
}

/** The payload of `$session`, and `data` of the answer to `$authenticate`. */
export interface SessionData {
  /** When the credentials expire, as an ISO 8601 date. `null` if they do not. */
  readonly expiresAt: string | null;
  /** The same as ms from now, because clocks differ. */
  readonly expiresInMs: number | null;
}

/** `data` of the `connect_error` that refuses a handshake. */
export interface RefusalData {
  readonly code: string;
  readonly status: number;
}
