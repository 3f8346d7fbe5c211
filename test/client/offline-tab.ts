// What a tab loads, as one script.

export * from '../../libs/client/src/index.js';
export * from '../../libs/client/src/offline/index.js';
export * from '../../libs/client/src/store/index.js';
export { openDB } from 'idb';
