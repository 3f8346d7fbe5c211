// The client that the components below use.

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

/** Provides the client to the components below it. */
export function JiraProvider<Api extends ApiLike<Api>>({ client, state, children }: JiraProviderProps<Api>): ReactNode {
  // An initializer runs once, before the first component below renders.
  useState(() => state && hydrate(client, state));
  return createElement(Context.Provider, { value: client }, children);
}

/**
 * Returns the client of the `JiraProvider` above.
 *
 * @throws Error if there is no provider above
 */
export function useJira<Api extends ApiLike<Api> = UntypedApi>(): JiraClient<Api> {
  const client = useContext(Context);
  if (client === undefined) throw new Error('There is no client. Put a <JiraProvider client={jira}> above.');
  return client as JiraClient<Api>;
}
