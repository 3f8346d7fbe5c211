// `observer()`: watches the rows of an entity, or an application's own signals, for the subscribers of a hook.

import type { Type } from '@nestjs/common';
import { Observer } from '../../live/observers/observer.js';
import type { ObserverOptions, SignalSource, Unserialized } from '../../live/observers/observer-options.js';
import type { HookScope } from '../../core/scope/scope.js';
import type { Visibility } from '../query/visibility.js';

/** Options of `observer()`. */
export interface EntityObserverOptions<E extends object, View = unknown> extends ObserverOptions<E, View> {
  /**
   * The rows whose changes this caller may receive.
   *
   * @default the hook's own visibility, for the hook's entity. Required for other entities, unless `subscribingRooms` decides
   * who receives what
   */
  visibility?(this: void, scope: HookScope): Visibility<E> | Promise<Visibility<E>>;
}

/**
 * Makes a property of a hook that announces changes to subscribers. For the hook's own entity, it follows the hook's
 * visibility, object permissions, filters and output, unless you set other options. Open subscriptions with it from an
 * action.
 *
 * @example
 * comments = observer(Comment, {
 *   rooms: (comment) => `issue ${comment.issueId}`,
 *   subscribingRooms: (scope) => this.roomsOf(scope),
 *   serialize: (comment) => ({ id: comment.id, text: comment.text }),
 * });
 *
 * @Action({ methods: ['SUBSCRIPTION'] })
 * watchComments(scope: ActionScope) { return this.comments.subscribe(scope); }
 */
export function observer<E extends object>(
  entity: Type<E>,
  options?: EntityObserverOptions<E> & { readonly serialize?: undefined },
): Observer<E, Unserialized<E>>;
export function observer<E extends object, View = unknown>(
  entity: Type<E>,
  options: EntityObserverOptions<E, View>,
): Observer<E, Awaited<View>>;
/** Without an entity, it observes signals of the application. */
export function observer<Row extends object, View = unknown>(
  options: ObserverOptions<Row, View> & { source: SignalSource<Row> },
): Observer<Row, Awaited<View>>;
export function observer<Row extends object>(
  first: Type<Row> | ObserverOptions<Row>,
  options: EntityObserverOptions<Row> = {},
): Observer<Row> {
  return typeof first === 'function' ? new Observer(first, options) : new Observer<Row>(undefined, first);
}
