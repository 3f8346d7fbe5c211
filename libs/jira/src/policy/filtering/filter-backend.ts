// Filters besides the query language, plugged into hooks.

import type { Type } from '@nestjs/common';
import type { HookScope } from '../../core/scope/scope.js';
import type { Filter } from './filter.js';

/**
 * Narrows the rows of lists, lookups and subscriptions by something in the request. Created in the hook's module.
 *
 * @example
 * @Injectable()
 * export class MineFilter extends FilterBackend {
 *   override readonly queryKeys = ['mine'];
 *   filter({ query, user }: HookScope, filter: Filter) {
 *     if (query['mine'] !== true) return filter;
 *     return allOf(filter, { kind: 'term', path: ['ownerId'], lookup: 'exact', value: user.id });
 *   }
 * }
 */
export abstract class FilterBackend {
  /** Query keys that it reads: they are not fields. @default none */
  readonly queryKeys: readonly string[] = [];
  /** Returns the filter with conditions of its own added. Throw a ValidationException for invalid values. */
  abstract filter(scope: HookScope, filter: Filter): Filter | Promise<Filter>;
}

/** A filter backend class (created by dependency injection), an instance, or a function that reads no query keys of its own. */
export type FilterBackendSpec = Type<FilterBackend> | FilterBackend | FilterBackend['filter'];
