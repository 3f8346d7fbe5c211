// `nestjs-jira/ports`: for adapters that keep rows, changes, messages or connections where this package does not.
export type { ChangeType, Commit, EntityChange as Change, Image, Link } from './core/changes/change.js';
export type {
  ChangeLog,
  LogEntry,
  LoggedCommit,
  LoggedEntry,
  LoggedGap,
  LoggedRevocation,
  LogStretch,
} from './core/changes/change-log.js';
export type { Gap } from './core/changes/gap.js';
export { History, type HistoryLimits } from './core/changes/history.js';
export { MemoryChangeLog } from './core/changes/memory-change-log.js';
export type { Revocation } from './core/changes/revocation.js';
export type { CaptureFailure, ChangeListener, ChangeSource } from './core/changes/change-source.js';
export type { OnceKey, UnitOfWork } from './core/scope/unit-of-work.js';
export type { Filter, FilterGroup, FilterNot, FilterTerm, Lookup, Ordering } from './policy/filtering/filter.js';
export type { Cursor, CursorRow, CursorValue, Seek } from './policy/pagination/cursor.js';
export type { RowUse, Store, StoreQuery } from './hooks/store.js';
export type {
  ConnectionEntry,
  ConnectionStore,
  RoomMember,
  SeenConnection,
  SweptNodes,
} from './cluster/messaging/connection-store.js';
export type { MailboxOptions, OverflowPolicy } from './cluster/messaging/mailbox.js';
export { MemoryConnectionStore } from './cluster/messaging/memory-connection-store.js';
export { MemoryMessageQueue } from './cluster/messaging/memory-message-queue.js';
export { MemoryPubSub } from './cluster/messaging/memory-pub-sub.js';
export type { ExpiredMessage, Message, MessageQueue, QueuedMessage } from './cluster/messaging/message-queue.js';
export { PubSub, PubSubClosed, type PubSubSubscription } from './cluster/messaging/pub-sub.js';
