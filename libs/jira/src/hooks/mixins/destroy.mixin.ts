import type { ActionScope } from '../../core/scope/scope.js';
import { Action } from '../action.decorator.js';
import { Shown } from '../shown-result.js';
import type { GenericHook } from '../generic-hook.js';
import { noteStock } from '../shortcuts.js';
import type { Constructor } from './mixin.js';

/** The action of `DestroyMixin`. */
export interface Destroys {
  /** DELETE: removes the row that the query names, and returns 204 with `null`. */
  destroy(scope: ActionScope<undefined>): Promise<null>;
}

/** Adds `destroy`. */
export function DestroyMixin<B extends Constructor<GenericHook<object>>>(Base: B): B & Constructor<Destroys> {
  abstract class DestroyHook extends Base {
    @Action({ methods: ['DELETE'], detail: true, status: 204 })
    @Shown()
    async destroy(scope: ActionScope<undefined>): Promise<null> {
      await this.performDestroy(await this.getObject(scope, undefined, 'remove'), scope);
      return null;
    }
  }
  noteStock(DestroyHook.prototype, 'destroy');
  return DestroyHook;
}
