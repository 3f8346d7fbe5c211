// The frames of protocol version 2, as docs/protocol.md specifies them.

/** The protocol version a client names in its handshake as `auth.jira`. */
export const PROTOCOL_VERSION = 2;

/** The methods of requests. An action accepts one or more of them. */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'SUBSCRIPTION'] as const;
export type Method = (typeof METHODS)[number];

/**
 * What a change frame tells: a row was `added`, `modified` or `removed` for its channel, or a live list changed (`list`).
 * `reset` means that changes may have been missed: refetch.
 */
export const CHANGE_TYPES = ['added', 'modified', 'removed', 'list', 'reset'] as const;
export type ChangeFrameType = (typeof CHANGE_TYPES)[number];

/** The action that cancels a request in flight, or ends a subscription. `data.target` is the `requestId` to cancel. */
export const CANCEL_ACTION = '$cancel';

/** The event of the connection itself. Requests on it go to the server, not to a hook. */
export const CONNECTION_EVENT = '$connection';
/** The action on it that renews credentials. `data` is what a handshake would send as `auth`. */
export const AUTHENTICATE_ACTION = '$authenticate';
/** The action on it that is only answered, to find out whether the connection is alive. */
export const PING_ACTION = '$ping';
/** The event that says when a connection's credentials expire. Its payload is `SessionData`. */
export const SESSION_EVENT = '$session';
/** The action on `$connection` that acknowledges messages. `data.ids` lists their ids. */
export const ACKNOWLEDGE_ACTION = '$acknowledge';
/** The event of a message from a queue. Its payload is `{ id, event, data }`. It is sent again until it is acknowledged. */
export const MESSAGE_EVENT = '$message';

/** The event that says up to which position a connection was sent everything: `PositionData`. Sent only to clients that may resume. */
export const POSITION_EVENT = '$position';

/** A row's key: its value, or one value for each key column. */
export type RowId = string | number | Readonly<Record<string, string | number>>;

/** A JSON object: filters, paging and `pk` in `query`, or the `headers` of a request. */
export type Query = Readonly<Record<string, unknown>>;

/** Client → server, on the event named after the namespace. */
export interface RequestFrame {
  /** Chosen by the client, 1 to 128 characters; unique among its requests that are still open. */
  readonly requestId: string;
  readonly method: Method;
  /** 1 to 128 characters. */
  readonly action: string;
  /** The action's input. */
  readonly data?: unknown;
  /** Filters, paging, and `pk`, the key of the row. @default {} */
  readonly query?: Query;
  /** Such as `idempotency-key`, `if-match` or `resume`. @default {} */
  readonly headers?: Query;
}

/** `data` of an answer whose status is 400 or more. */
export interface ErrorData {
  /** A code of `CODES`, or an application's own. */
  readonly code: string;
  /** One or more sentences for people. Do not parse it. */
  readonly message: string;
  /** Messages by input field; nested fields by dotted path. */
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  /** Why a subscription ended, in the frame that ends it. */
  readonly reason?: number;
}

/** Server → client: the one answer to a request. A stream is answered by one frame of status 206 for each item, and a last one. */
export interface AnswerFrame {
  readonly requestId: string;
  readonly method: Method;
  readonly action: string;
  /** As in HTTP, 100 to 599. From 400 on, `data` is `ErrorData`. */
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
  /** Send it as the header `resume` of the next subscribe. Absent if the subscription cannot be resumed. */
  readonly resume?: string;
  /** Whether `changes` holds all that was missed. If not, refetch. */
  readonly recovered: boolean;
  /** The net changes since the position that was given, to be applied together. */
  readonly changes?: readonly ResumedChange[];
  /** What `list` answers. Present if the client asked for it and nothing was recovered. */
  readonly snapshot?: unknown;
}

/** What became of one row while the client was away. */
export interface ResumedChange {
  readonly type: 'added' | 'modified' | 'removed';
  readonly id: RowId;
  /** As in a change frame. */
  readonly data: unknown;
  /** The position of the last commit that changed the row. */
  readonly position: string;
}

/** The headers of a subscribe that may be resumed. */
export interface ResumeHeaders {
  /** The token of the subscribe before; `null` for the first. */
  readonly resume: string | null;
  /** The newest position up to which the client was sent everything. @default that of the token */
  readonly position?: string;
  /** How long the client has received nothing from the server, in ms. */
  readonly silentMs?: number;
  /** Asks for the rows too, if nothing is recovered: by the query of the subscribe (`true`), or by this one. */
  readonly snapshot?: true | Query;
}

/** One step of a change of a live list. Apply the steps in order: each index counts after the steps before it. */
export type ListOp =
  | { readonly op: 'added'; readonly at: number; readonly id: RowId; readonly row: unknown }
  | { readonly op: 'modified'; readonly at: number; readonly id: RowId; readonly row: unknown }
  /** Take the row out at `from`, then insert it at `at`. `row` is present if the row itself changed too. */
  | { readonly op: 'moved'; readonly from: number; readonly at: number; readonly id: RowId; readonly row?: unknown }
  | { readonly op: 'removed'; readonly at: number; readonly id: RowId };

/** What goes with the rows of a live list. */
export interface ListState {
  /** How many rows match, including those beyond the list. `null` if they are not counted. */
  readonly count: number | null;
  /** Whether no row follows the last of the list. */
  readonly complete: boolean;
}

/** What goes with the rows on the wire. */
export interface ListShown extends ListState {
  /** Send it as the header `resume` of the next `listen`. Absent if the list cannot be resumed. */
  readonly resume?: string;
}

/** The whole of a live list. */
export interface ListRows extends ListShown {
  readonly rows: readonly unknown[];
  /** The keys of the rows, in the same order. */
  readonly ids: readonly RowId[];
}

/** The steps from the last state of a live list to this one. */
export interface ListSteps extends ListShown {
  /** Names the list before the steps: they are not for a client that shows another. Only in frames, where the list has names. */
  readonly from?: string;
  readonly ops: readonly ListOp[];
  readonly rows?: undefined;
}

/** `data` of a change frame of the type `list`: the steps from the list before, or the list itself. */
export type ListData = ListSteps | ListRows;

/** `data` of the answer to `listen`: a subscription, and the rows that the steps of its frames begin with. */
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
  /** The `requestId` of the only subscription it is for. Absent if it is for all of the channel. */
  readonly requestId?: string;
  /** Absent for `reset` and `list`. */
  readonly id?: RowId;
  /** The row's output view; its key alone for a row that the caller no longer sees; `ListData` for `list`; `null` for `reset`. */
  readonly data: unknown;
}

/** Payload of `$position`. */
export interface PositionData {
  /** Everything up to here was sent, for every subscription of the connection. */
  readonly position: string;
  /** How many change frames the server has sent on this connection. A client that received fewer has lost some. */
  readonly frames: number;
}

/** Payload of `$session`, and `data` of the answer to `$authenticate`. */
export interface SessionData {
  /** When the credentials expire, as an ISO 8601 date. `null` if they do not. */
  readonly expiresAt: string | null;
  /** The same, in ms from now, because clocks differ. */
  readonly expiresInMs: number | null;
}

/** `data` of the `connect_error` that refuses a handshake. */
export interface RefusalData {
  readonly code: string;
  readonly status: number;
}
