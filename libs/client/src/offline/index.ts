export { indexedDb, type IndexedDb, type IndexedDbOptions } from './indexed-db.js';
