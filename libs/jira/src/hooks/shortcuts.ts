// Fast paths for the stock actions of the mixins.

import type { HookScope } from '../core/scope/scope.js';

export type StockAction = 'create' | 'update' | 'destroy';

/**
 * Runs the action without opening its unit of work and resolves with its result. Resolves with `undefined` if it did nothing and
 * the action has to run the general way. A rejection is the answer.
 */
export type Shortcut = (scope: HookScope) => Promise<unknown>;

const STOCK = new WeakMap<object, StockAction>();

/** Marks a method of a mixin as the stock one. */
export function noteStock(prototype: object, name: StockAction): void {
  STOCK.set((prototype as Record<StockAction, object>)[name], name);
}

/** Which stock action the method is; `undefined` for an override, whatever it calls. */
export function stockActionOf(method: object): StockAction | undefined {
  return STOCK.get(method);
}
