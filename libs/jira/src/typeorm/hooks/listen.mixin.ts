// The `listen` action: live lists for hooks over an entity.

import type { ListenedData, RelistedData } from 'nestjs-jira-protocol';
import { Action } from '../../hooks/action.decorator.js';
import type { Constructor } from '../../hooks/mixins/mixin.js';
import type { HookContext } from '../../hooks/base-hook.js';
import { LISTS, REGISTER } from '../../hooks/plumbing.js';
import { Shown } from '../../hooks/shown-result.js';
import { ListObserver } from '../../live/observers/list-observer.js';
import type { ActionScope } from '../../core/scope/scope.js';
import type { GenericModelHook } from './generic-model-hook.js';
import { assertLiveOptions, type LiveListOptions } from './live-options.js';
import { liveListOf } from './live-rows.js';

/** What `ListenMixin` adds to a hook. */
export interface Listens {
  /** Options of live lists; `false` turns them off. @default { maxLimit: 200 } */
  live: LiveListOptions | false;
  /** SUBSCRIPTION: the rows that `list` answers to the same query, kept current from now on. */
  listen(scope: ActionScope<undefined>): Promise<ListenedData | RelistedData>;
}

/** Adds `listen` to a hook that has `list`. */
export function ListenMixin<B extends Constructor<GenericModelHook<object>>>(Base: B): B & Constructor<Listens> {
  abstract class ListenHook extends Base {
    live: LiveListOptions | false = {};
    readonly [LISTS] = new ListObserver((scope) => liveListOf(this, scope, this.live));

    override [REGISTER](context: HookContext): Promise<void> {
      assertLiveOptions(this, this.live, Math.min(this.pageSize ?? context.pageSize, context.limits.pageSize));
      return super[REGISTER](context);
    }

    @Action({ methods: ['SUBSCRIPTION'], transaction: false })
    @Shown()
    listen(scope: ActionScope<undefined>): Promise<ListenedData | RelistedData> {
      return this[LISTS].listen(scope);
    }
  }
  return ListenHook;
}
