// An observer that tells its subscribers of a list, not of changes.

import type { ListenedData, RelistedData } from 'nestjs-jira-protocol';
import type { HookScope } from '../../core/scope/scope.js';
import type { ListDefinition } from '../lists/list-definition.js';
import { Observer } from './observer.js';

export class ListObserver extends Observer<object> {
  protected override readonly tellsChanges = false;

  /** @param listOf the list that a request asks for. Rejects with what it is refused for */
  constructor(protected override readonly listOf: (scope: HookScope) => Promise<ListDefinition>) {
    super(undefined, {});
  }

  /** Answers with the rows; their changes follow. */
  listen(scope: HookScope): Promise<ListenedData | RelistedData> {
    return this.subscribe(scope) as Promise<unknown> as Promise<ListenedData | RelistedData>;
  }
}
