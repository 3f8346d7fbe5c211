export { createClient, type JiraClient } from './client.js';
export type {
  Change,
  RemovedChange,
  ResetChange,
  RowChange,
  SubscribeOptions,
  Subscription,
  SubscriptionState,
} from './change.js';
export type { ConnectionState, ConnectionView, StateListener } from './connection-view.js';
export { CLIENT_CODES, JiraClientError, type ClientCode, type JiraClientErrorOptions } from './errors.js';
export type { ActionSubscribeOptions, CallOptions, HookClient } from './hook-client.js';
export type { Answer, JiraRequest } from './jira-request.js';
export type { MessageListener } from './messages.js';
export type { ListenOptions, ListUpdate, RowsListener } from './listen.js';
export type { LiveList } from './listening.js';
export { applyChange, applyRow, type LiveListOptions } from './live-list.js';
export type { Auth, AuthSource, ClientOptions } from './options.js';
export type { OfflineOptions, Persistence, QueuedWrite } from './persistence.js';
export type {
  ApiLike,
  ChangedRow,
  Crud,
  FilterOf,
  InputOf,
  ItemOf,
  OutputOf,
  QueryOf,
  RowOf,
  SubscriptionOf,
  UntypedApi,
} from './types.js';
export type { ListOp, PaginatedResponse, Query, RowId, Wire } from 'nestjs-jira-protocol';
