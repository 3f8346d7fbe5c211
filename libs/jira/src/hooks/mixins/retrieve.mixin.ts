import type { ActionScope } from '../../core/scope/scope.js';
import { Action } from '../action.decorator.js';
import { Shown } from '../shown-result.js';
import type { GenericHook } from '../generic-hook.js';
import type { Constructor, OutputOf } from './mixin.js';

/** The action of `RetrieveMixin`. */
export interface Retrieves {
  /** GET: the row that the query names. */
  retrieve(scope: ActionScope<undefined>): Promise<OutputOf<this>>;
}

/** Adds `retrieve`. */
export function RetrieveMixin<B extends Constructor<GenericHook<object>>>(Base: B): B & Constructor<Retrieves> {
  abstract class RetrieveHook extends Base {
    @Action({ methods: ['GET'], detail: true })
    @Shown()
    async retrieve(scope: ActionScope<undefined>): Promise<unknown> {
      const [shown] = await this.present([await this.getObject(scope)], scope);
      return shown;
    }
  }
  return RetrieveHook as unknown as B & Constructor<Retrieves>;
}
