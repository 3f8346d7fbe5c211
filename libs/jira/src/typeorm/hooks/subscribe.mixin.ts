// The `subscribe` and `unsubscribe` actions of hooks over an entity.

import type { SubscribedData } from 'nestjs-jira-protocol';
import { Action } from '../../hooks/action.decorator.js';
import { Shown } from '../../hooks/shown-result.js';
import type { Constructor } from '../../hooks/mixins/mixin.js';
import { Observer } from '../../live/observers/observer.js';
import type { ActionScope } from '../../core/scope/scope.js';
import type { GenericModelHook } from './generic-model-hook.js';

/** What `SubscribeMixin` adds to a hook. */
export interface Subscribes {
  /** What `subscribe` subscribes to: the hook's own rows. Set it to `observer(Entity, { … })` to change how. */
  changes: Observer<object>;
  /** SUBSCRIPTION: changes of the rows this caller may see, narrowed by the query's filters. */
  subscribe(scope: ActionScope<undefined>): Promise<SubscribedData>;
  /** SUBSCRIPTION: ends the subscription of the request `data.target`. */
  unsubscribe(scope: ActionScope<{ target: string }>): Promise<null>;
}

/** Adds `subscribe` and `unsubscribe`. */
export function SubscribeMixin<B extends Constructor<GenericModelHook<object>>>(Base: B): B & Constructor<Subscribes> {
  abstract class SubscribeHook extends Base {
    changes: Observer<object> = new Observer(undefined, {});

    // djira's clients subscribe with POST.
    @Action({ methods: ['SUBSCRIPTION', 'POST'], transaction: false })
    @Shown()
    subscribe(scope: ActionScope<undefined>): Promise<SubscribedData> {
      return this.changes.subscribe(scope);
    }

    // djira's Dart client unsubscribes with DELETE and the id of the subscription.
    @Action({ methods: ['SUBSCRIPTION', 'POST', 'DELETE'], transaction: false, status: 200 })
    @Shown()
    async unsubscribe(scope: ActionScope): Promise<null> {
      this.changes.unsubscribe(scope);
      return null;
    }
  }
  return SubscribeHook;
}
