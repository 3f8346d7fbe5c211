// Fast paths for the stock actions of the mixins.

import type { HookScope } from '../core/scope/scope.js';

export type StockAction = 'create' | 'update' | 'destroy';

/**
 * Does the action at once, without opening its unit of work, and resolves with its result; `undefined` when it has to be
 * done the ordinary way: then nothing was done. What it rejects with is answered.
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
