// The client that components below use.

import { createContext, createElement, useContext, useState, type ReactNode } from 'react';
import type { JiraClient } from '../client.js';
import { hydrate, type Dehydrated } from '../store/stores.js';
import type { ApiLike, UntypedApi } from '../types.js';

const Context = createContext<unknown>(undefined);

export interface JiraProviderProps<Api extends ApiLike<Api>> {
  readonly client: JiraClient<Api>;
  /** What `dehydrate(client)` returned on the server. */
  readonly state?: Dehydrated;
  readonly children?: ReactNode;
}

/** Provides the client to the components below. */
export function JiraProvider<Api extends ApiLike<Api>>({ client, state, children }: JiraProviderProps<Api>): ReactNode {
  // Once, and before the first of them renders.
  useState(() => state && hydrate(client, state));
  return createElement(Context.Provider, { value: client }, children);
}

/** Returns the client of the `JiraProvider` above. Throws an `Error` if there is none. */
export function useJira<Api extends ApiLike<Api> = UntypedApi>(): JiraClient<Api> {
  const client = useContext(Context);
  if (client === undefined) throw new Error('There is no client. Put a <JiraProvider client={jira}> above.');
  return client as JiraClient<Api>;
}
