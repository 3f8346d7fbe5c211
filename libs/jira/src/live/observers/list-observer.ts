// An observer that keeps its subscribers' lists current, instead of sending them changes.

import type { ListenedData, RelistedData } from 'nestjs-jira-protocol';
import type { HookScope } from '../../core/scope/scope.js';
import type { ListDefinition } from '../lists/list-definition.js';
import { Observer } from './observer.js';

export class ListObserver extends Observer<object> {
  protected override readonly tellsChanges = false;

  /** @param listOf the list that a request asks for; rejects if it refuses the request */
  constructor(protected override readonly listOf: (scope: HookScope) => Promise<ListDefinition>) {
    super(undefined, {});
  }

  /** Answers with the rows; their changes follow. Call it from an action. */
  listen(scope: HookScope): Promise<ListenedData | RelistedData> {
    return this.subscribe(scope) as Promise<unknown> as Promise<ListenedData | RelistedData>;
  }
}
