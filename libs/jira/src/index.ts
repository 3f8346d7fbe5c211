// oxlint-disable-next-line import/no-unassigned-import -- says what `scope.manager` is: its declaration merges into ScopeTypes
import './typeorm/store/typeorm-unit-of-work.js';
export type {
  Code,
  ListenedData,
  PaginatedResponse,
  RelistedData,
  RowId,
  SubscribedData,
  SubscribedTo,
} from 'nestjs-jira-protocol';
export { ConfigurationError } from './core/errors/configuration.error.js';
export {
  JiraException,
  RowNotFoundException,
  ValidationException,
  type FieldErrors,
  type JiraExceptionOptions,
} from './core/errors/jira.exception.js';
export * from './core/connections/scope-types.js'; // by star, so that `declare module 'nestjs-jira'` can merge into ScopeTypes
export type { DiagnosticMessages } from './core/diagnostics/diagnostics.js';
export { Answer } from './core/scope/answer.js';
export { Connection, type Dialect, type Handshake, type Params } from './core/connections/connection.js';
export { DEFAULT_LIMITS, type Limits } from './core/limits/limits.js';
export {
  ActionScope,
  AuthenticatedActionScope,
  AuthenticatedScope,
  HookScope,
  type EmitOptions,
} from './core/scope/scope.js';
export {
  Authentication,
  AuthenticationFailed,
  CredentialsExpired,
  type Authenticated,
} from './policy/authentication/authentication.js';
export {
  BearerTokenAuthentication,
  TokenVerifier,
  VerifiedToken,
} from './policy/authentication/bearer-token.authentication.js';
export {
  JwtAuthentication,
  JwtVerifier,
  type JwtKeySource,
  type JwtOptions,
  type JwtPayload,
} from './policy/authentication/jwt.authentication.js';
export { SessionAuthentication, SessionVerifier } from './policy/authentication/session.authentication.js';
export { connectionGuard } from './policy/permissions/connection-guard.js';
export { and, not, or } from './policy/permissions/composition.js';
export { Permission, type PermissionComposition, type PermissionSpec } from './policy/permissions/permission.js';
export {
  AllowAny,
  DenyAll,
  HasRole,
  IsAuthenticated,
  IsAuthenticatedOrReadOnly,
} from './policy/permissions/ready-made.js';
export {
  Middleware,
  type JiraMiddleware,
  type MiddlewareFunction,
  type MiddlewareOptions,
  type Next,
} from './policy/middleware/middleware.js';
export { CursorPagination, type CursorPage } from './policy/pagination/cursor.pagination.js';
export type { CountIs, CountMode } from './policy/pagination/pagination.js';
export { LimitOffsetPagination, type LimitOffsetPage } from './policy/pagination/limit-offset.pagination.js';
export { PageNumberPagination, type NumberedPage } from './policy/pagination/page-number.pagination.js';
export { Pagination, type PageLimits, type PageSource } from './policy/pagination/pagination.js';
export { FilterBackend, type FilterBackendSpec } from './policy/filtering/filter-backend.js';
export { allOf } from './policy/filtering/filter.js';
export type { Filter, FilterGroup, FilterNot, FilterTerm, Lookup, Ordering } from './policy/filtering/filter.js';
export { Connections, type UserKey } from './core/connections/connections.js';
export { Authorization, type RefreshOptions } from './live/sessions/authorization.js';
export type { Dependency } from './live/observers/observed-rows.js';
export { OnChange, type OnChangeOptions } from './live/observers/on-change.decorator.js';
export type { Observer } from './live/observers/observer.js';
export type { ObserverOptions, Rooms, Signal, SignalSource, Unserialized } from './live/observers/observer-options.js';
export type { Room, RoomDiff } from './live/delivery/rooms.js';
export { observer, type EntityObserverOptions } from './typeorm/hooks/observer.js';
export type { ChangeType, EntityChange as Change, Image } from './core/changes/change.js';
export {
  Action,
  NotAction,
  type ActionOptions,
  type ChosenInput,
  type InputChoice,
  type InputSource,
} from './hooks/action.decorator.js';
export type { InputType } from './policy/serialization/input.js';
export type { StandardSchema } from './core/support/standard-schema.js';
export type { ApiOf, ApiOptions, Renamed } from './hooks/api-of.js';
export type { ListQuery } from './hooks/list-query.js';
export { BaseHook, type MiddlewareSpec } from './hooks/base-hook.js';
export { GenericHook, type RowLookup } from './hooks/generic-hook.js';
export { Hook, type HookOptions } from './hooks/hook.decorator.js';
export type { BulkInput, BulkItem, BulkResult } from './hooks/bulk.js';
// The compiler writes these types into the declarations of an application's hooks, so they need public names.
export type { Constructor, InputOf, OutputOf } from './hooks/mixins/mixin.js';
export { BulkMixin, type ChangesMany } from './hooks/mixins/bulk.mixin.js';
export { CreateMixin, type Creates } from './hooks/mixins/create.mixin.js';
export { DestroyMixin, type Destroys } from './hooks/mixins/destroy.mixin.js';
export { ListMixin, type ListOf, type Lists } from './hooks/mixins/list.mixin.js';
export { RetrieveMixin, type Retrieves } from './hooks/mixins/retrieve.mixin.js';
export { UpdateMixin, type Updates } from './hooks/mixins/update.mixin.js';
export { CurrentUser, Data, Query, scopeOf } from './hooks/request-decorators.js';
export { IdempotencyKey } from './typeorm/store/idempotency-key.entity.js';
export { GenericModelHook } from './typeorm/hooks/generic-model-hook.js';
export type { ExpandFields } from './typeorm/expand/expansion.js';
export { ModelHook, ReadOnlyModelHook } from './typeorm/hooks/model-hook.js';
export { ListenMixin, type Listens } from './typeorm/hooks/listen.mixin.js';
export type { LiveListOptions } from './typeorm/hooks/live-options.js';
export { SubscribeMixin, type Subscribes } from './typeorm/hooks/subscribe.mixin.js';
export type { TypeOrmStore } from './typeorm/store/typeorm-store.js';
export type { Visibility } from './typeorm/query/visibility.js';
export { JiraHealth } from './nest/module/health.js';
export { JiraServer, type ServerEmitOptions } from './transport/jira-server.js';
export type { AsyncApiDocument, DocumentInfo, DocumentOptions } from './document/api-document.js';
export { JiraModule } from './nest/module/jira.module.js';
export type { JiraExtras, JiraOptions } from './nest/module/jira-options.js';
export type { ExplorerOptions } from './nest/module/explorer-options.js';
export type { ResumeOptions } from './nest/module/resume-options.js';
export type { FastPaths } from './core/scope/fast-paths.js';
export type { ConnectionLimits } from './core/limits/limits.js';
export type { LimitsOf } from './core/limits/limits-of.js';
export type { ClientAddress } from './transport/limits/traffic.js';
export type { SocketIoOptions } from './transport/socket-io/server-options.js';
export type { ClusterOptions } from './nest/module/cluster-options.js';
export { EventContext } from './events/event-context.js';
export {
  EventHandlers,
  OnConnected,
  OnDisconnected,
  OnMessage,
  type EventHandlersOptions,
  type MessageOptions,
} from './events/event-handlers.decorator.js';
export type { ClientEventListener, EventListenerSpec } from './events/event-listener.js';
export type { HandshakeRefusal } from './hooks/handshake-refusal.js';
export type { RouteOptions } from './hooks/route-options.js';
export {
  LifecycleEvents,
  type LifecycleEventMap,
  type LifecycleEventName,
  type LifecycleListener,
  type MessageTarget,
} from './core/lifecycle/lifecycle-events.js';
export type { PlainWebSocketOptions } from './transport/plain/plain-options.js';
export {
  WebSocketRoute,
  type RouteContext,
  type WebSocketRouteOptions,
} from './transport/routes/web-socket-route.decorator.js';
export type { MailboxOptions, OverflowPolicy } from './cluster/messaging/mailbox.js';
export {
  Broadcast,
  type BroadcastEvent,
  type BroadcastMember,
  type BroadcastRoom,
} from './cluster/messaging/broadcast.js';
export { ClusterConnections } from './cluster/messaging/cluster-connections.js';
export { Messages, type Recipient, type SendOptions } from './cluster/messaging/messages.js';
export type { ConnectionEntry, SeenConnection } from './cluster/messaging/connection-store.js';
export { Presence, type OnlineUser, type PresenceChange } from './presence/presence.js';
export { PresenceHook, type VisibleUsers } from './presence/presence-hook.js';
export { PubSub, PubSubClosed, type PubSubSubscription } from './cluster/messaging/pub-sub.js';
