export type { LiveSnapshot, LiveStore } from './live-store.js';
export { dehydrate, hydrate, liveStore, rowStore, type Dehydrated, type LiveStoreOptions } from './stores.js';
