export { JiraProvider, useJira, type JiraProviderProps } from './context.js';
export { useAction, type UsedAction } from './use-action.js';
export { useConnection, useMessages, type UsedConnection } from './use-connection.js';
export { useLive, useRow, type LiveRow, type UseLiveOptions } from './use-live.js';
export { dehydrate, hydrate, type Dehydrated } from '../store/stores.js';
