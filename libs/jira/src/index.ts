export { CODES, type Code, type PaginatedResponse, type RowId, type SubscribedData } from 'nestjs-jira-protocol';
export { ConfigurationError } from './errors/configuration.error.js';
export {
  JiraException,
  RowNotFoundException,
  ValidationException,
  type FieldErrors,
  type JiraExceptionOptions,
} from './errors/jira.exception.js';
export * from './scope/scope-types.js'; // by star, so that `declare module 'nestjs-jira'` can merge into ScopeTypes
export { Answer } from './scope/answer.js';
export { Connection, type Dialect, type Handshake, type Params } from './scope/connection.js';
export { DEFAULT_LIMITS, type Limits } from './scope/limits.js';
export { ActionScope, HookScope, type EmitOptions } from './scope/scope.js';
export type { UnitOfWork } from './scope/unit-of-work.js';
export { Authentication, AuthenticationFailed, type Authenticated } from './authentication/authentication.js';
export {
  BearerTokenAuthentication,
  TokenVerifier,
  VerifiedToken,
} from './authentication/bearer-token.authentication.js';
export {
  JwtAuthentication,
  JwtVerifier,
  type JwtKeySource,
  type JwtOptions,
  type JwtPayload,
} from './authentication/jwt.authentication.js';
export { SessionAuthentication, SessionVerifier } from './authentication/session.authentication.js';
export { connectionGuard } from './permissions/connection-guard.js';
export { and, not, or } from './permissions/composition.js';
export { Permission, type PermissionComposition, type PermissionSpec } from './permissions/permission.js';
export { AllowAny, DenyAll, HasRole, IsAuthenticated, IsAuthenticatedOrReadOnly } from './permissions/ready-made.js';
export {
  Middleware,
  type JiraMiddleware,
  type MiddlewareFunction,
  type MiddlewareOptions,
  type Next,
} from './middleware/middleware.js';
export { CursorPagination, type CursorPage } from './pagination/cursor.pagination.js';
export { LimitOffsetPagination, type LimitOffsetPage } from './pagination/limit-offset.pagination.js';
export { PageNumberPagination, type NumberedPage } from './pagination/page-number.pagination.js';
export { Pagination, type PageLimits, type PageSource } from './pagination/pagination.js';
export type { Place, PlacedRow, PlaceValue, Seek } from './pagination/place.js';
export { FilterBackend, type FilterBackendSpec } from './filtering/filter-backend.js';
export { allOf } from './filtering/filter.js';
export type { Filter, FilterGroup, FilterNot, FilterTerm, Lookup, Ordering } from './filtering/filter.js';
export { Connections, type UserKey } from './scope/connections.js';
export { Authorization, type RefreshOptions } from './observers/authorization.js';
export type { Dependency } from './observers/observed-rows.js';
export { OnChange, type OnChangeOptions } from './observers/on-change.decorator.js';
export type { Observer } from './observers/observer.js';
export type { ObserverOptions, Rooms, Signal, SignalSource } from './observers/observer-options.js';
export type { Room, RoomDiff } from './observers/rooms.js';
export { observer, type EntityObserverOptions } from './typeorm/observer.js';
export type { Change, ChangeType, Commit, Image } from './observers/change.js';
export type { ChangeListener, ChangeSource } from './observers/change-source.js';
export { Action, NotAction, type ActionOptions, type InputChoice } from './hooks/action.decorator.js';
export type { ApiOf, ApiOptions, Renamed } from './hooks/api-of.js';
export type { ListQuery } from './hooks/list-query.js';
export { BaseHook, type HookContext, type MiddlewareSpec } from './hooks/base-hook.js';
export { GenericHook, type RowLookup } from './hooks/generic-hook.js';
export { Hook, type HookOptions } from './hooks/hook.decorator.js';
export type { BulkInput, BulkItem, BulkResult } from './hooks/bulk.js';
// What the compiler writes into the declarations of an application's hooks has to have a name there.
export type { Constructor, InputOf, OutputOf } from './hooks/mixins/mixin.js';
export { BulkMixin, type ChangesMany } from './hooks/mixins/bulk.mixin.js';
export { CreateMixin, type Creates } from './hooks/mixins/create.mixin.js';
export { DestroyMixin, type Destroys } from './hooks/mixins/destroy.mixin.js';
export { ListMixin, type ListOf, type Lists } from './hooks/mixins/list.mixin.js';
export { RetrieveMixin, type Retrieves } from './hooks/mixins/retrieve.mixin.js';
export { UpdateMixin, type Updates } from './hooks/mixins/update.mixin.js';
export { CurrentUser, Data, Query, scopeOf } from './hooks/request-decorators.js';
export type { Store, StoreQuery } from './hooks/store.js';
export { IdempotencyKey } from './typeorm/idempotency-key.entity.js';
export { CLUSTER_ENTITIES } from './typeorm/cluster/entities.js';
export { typeOrmCluster, type TypeOrmCluster } from './typeorm/cluster/typeorm-cluster.js';
export {
  TypeOrmConnectionStore,
  type TypeOrmConnectionStoreOptions,
} from './typeorm/cluster/typeorm-connection-store.js';
export { TypeOrmMessageQueue, type TypeOrmMessageQueueOptions } from './typeorm/cluster/typeorm-message-queue.js';
export { GenericModelHook } from './typeorm/generic-model-hook.js';
export type { ExpandFields } from './typeorm/expand/expansion.js';
export { ModelHook, ReadOnlyModelHook } from './typeorm/model-hook.js';
export { SubscribeMixin, type Subscribes } from './typeorm/subscribe.mixin.js';
export type { TypeOrmStore } from './typeorm/typeorm-store.js';
export type { TypeOrmUnitOfWork } from './typeorm/typeorm-unit-of-work.js';
export type { Visibility } from './typeorm/query/visibility.js';
export { JiraServer, type ServerEmitOptions } from './transport/jira-server.js';
export { JiraModule } from './module/jira.module.js';
export type { JiraExtras, JiraOptions } from './module/jira-options.js';
export type { ClusterOptions } from './module/cluster-options.js';
export type { ChangeLog, LoggedCommit } from './observers/change-log.js';
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
} from './lifecycle/lifecycle-events.js';
export { bundleFormat } from './transport/plain/bundle-format.js';
export { jsonFrames } from './transport/plain/json-frames.js';
export type {
  EventRequest,
  IsHook,
  MessageConverter,
  MessageExtractor,
  MessageFormat,
} from './transport/plain/message-format.js';
export type { PlainWebSocketOptions } from './transport/plain/plain-options.js';
export { xraptorFormat } from './transport/plain/xraptor-format.js';
export { zaptoolsFormat } from './transport/plain/zaptools-format.js';
export {
  WebSocketRoute,
  type RouteContext,
  type WebSocketRouteOptions,
} from './transport/routes/web-socket-route.decorator.js';
export type { MailboxOptions, OverflowPolicy } from './messaging/mailbox.js';
export { Broadcast, type BroadcastEvent, type BroadcastMember, type BroadcastRoom } from './messaging/broadcast.js';
export { ClusterConnections } from './messaging/cluster-connections.js';
export type {
  ConnectionEntry,
  ConnectionStore,
  RoomMember,
  SeenConnection,
  SweptNodes,
} from './messaging/connection-store.js';
export { MemoryConnectionStore } from './messaging/memory-connection-store.js';
export { MemoryMessageQueue } from './messaging/memory-message-queue.js';
export type { ExpiredMessage, Message, MessageQueue, QueuedMessage } from './messaging/message-queue.js';
export { Messages, type Recipient, type SendOptions } from './messaging/messages.js';
export { MemoryPubSub } from './messaging/memory-pub-sub.js';
export { Presence, type OnlineUser, type PresenceChange } from './messaging/presence.js';
export { PresenceHook, type VisibleUsers } from './presence/presence-hook.js';
export { PubSub, PubSubClosed, type PubSubSubscription } from './messaging/pub-sub.js';
