import type { ActionScope } from '../../core/scope/scope.js';
import { Action } from '../action.decorator.js';
import { Shown } from '../shown-result.js';
import { answerUpdated, inputFor, type GenericHook } from '../generic-hook.js';
import { noteStock } from '../shortcuts.js';
import type { Constructor, OutputOf } from './mixin.js';

/** The action of `UpdateMixin`. */
export interface Updates {
  /** PUT: a full update of the row that the query names. PATCH: the given fields only. Returns the stored row. */
  update(scope: ActionScope): Promise<OutputOf<this>>;
}

/** Adds `update`. */
export function UpdateMixin<B extends Constructor<GenericHook<object>>>(Base: B): B & Constructor<Updates> {
  abstract class UpdateHook extends Base {
    @Action({
      methods: ['PUT', 'PATCH'],
      detail: true,
      input: { of: (hook, method) => inputFor(hook as GenericHook<object>, 'update', method === 'PATCH') },
    })
    @Shown()
    async update(scope: ActionScope<object>): Promise<unknown> {
      const object = await this.getObject(scope, undefined, 'write');
      return answerUpdated(this, await this.performUpdate(object, scope.data, scope), scope);
    }
  }
  noteStock(UpdateHook.prototype, 'update');
  return UpdateHook as unknown as B & Constructor<Updates>;
}
