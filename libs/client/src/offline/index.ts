export { indexedDb, type IndexedDb } from './indexed-db.js';
export type { IndexedDbOptions } from './options.js';
