// The rules by which a hook's input may write nested rows that other hooks serve.

import type { RelationMetadata } from 'typeorm';
import type { HookScope } from '../../core/scope/scope.js';
import { actionsOf } from '../../hooks/action.decorator.js';
import { GenericHook } from '../../hooks/generic-hook.js';
import { stockActionOf, type StockAction } from '../../hooks/shortcuts.js';
import type { NestedRules } from '../query/cascade-guard.js';
import type { TypeOrmEdge } from '../typeorm-edge.js';

export function nestedRules(scope: HookScope, edge: TypeOrmEdge): NestedRules {
  return {
    isSent: (relation) => isSent(relation, scope.data),
    faultsOf: (write) => edge.nestedFaults(scope, write),
  };
}

/** Whether the request's data, or an item of a bulk request, has a value for the relation. */
function isSent({ propertyPath }: RelationMetadata, data: unknown): boolean {
  const [property] = propertyPath.split('.');
  const { items } = (data ?? {}) as { items?: unknown };
  return hasValue(data, property) || (Array.isArray(items) && items.some((item) => hasValue(item, property)));
}

function hasValue(data: unknown, property: string): boolean {
  return typeof data === 'object' && data !== null && (data as Record<string, unknown>)[property] !== undefined;
}

const PERFORMED = { create: 'performCreate', update: 'performUpdate', destroy: 'performDestroy' } as const;

/**
 * Whether clients may call the action and it runs the library's own code: an override could refuse more than is checked
 * here.
 */
export function isStockAction(hook: GenericHook<object>, action: StockAction): boolean {
  const method = (hook as unknown as Partial<Record<StockAction, object>>)[action];
  const perform = PERFORMED[action];
  return (
    method !== undefined &&
    stockActionOf(method) === action &&
    hook[perform] === GenericHook.prototype[perform] &&
    actionsOf(hook).some(({ member }) => member === action)
  );
}
