import type { ActionScope } from '../../core/scope/scope.js';
import { Action } from '../action.decorator.js';
import { Shown } from '../shown-result.js';
import { answerCreated, inputFor, type GenericHook } from '../generic-hook.js';
import { noteStock } from '../shortcuts.js';
import type { Constructor, OutputOf } from './mixin.js';

/** The action of `CreateMixin`. */
export interface Creates {
  /** POST: stores a new row and returns it with 201. */
  create(scope: ActionScope): Promise<OutputOf<this>>;
}

/** Adds `create`. */
export function CreateMixin<B extends Constructor<GenericHook<object>>>(Base: B): B & Constructor<Creates> {
  abstract class CreateHook extends Base {
    @Action({
      methods: ['POST'],
      status: 201,
      input: { of: (hook) => inputFor(hook as GenericHook<object>, 'create', false) },
    })
    @Shown()
    async create(scope: ActionScope<object>): Promise<unknown> {
      return answerCreated(this, await this.performCreate(scope.data, scope), scope);
    }
  }
  noteStock(CreateHook.prototype, 'create');
  return CreateHook as unknown as B & Constructor<Creates>;
}
