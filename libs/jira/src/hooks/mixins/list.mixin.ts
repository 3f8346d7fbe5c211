import type { PaginatedResponse } from 'nestjs-jira-protocol';
import type { ActionScope } from '../../core/scope/scope.js';
import { Action, actionsOf } from '../action.decorator.js';
import { Shown } from '../shown-result.js';
import { GenericHook } from '../generic-hook.js';
import type { Constructor, OutputOf } from './mixin.js';

/** The action of `ListMixin`. */
export interface Lists {
  /** GET: the rows that this caller may see, filtered, ordered and paginated; an array if the hook has no pagination. */
  list(scope: ActionScope<undefined>): Promise<ListOf<this>>;
}

/** A page in the form of the hook's pagination, or an array for hooks with `pagination = null`. */
export type ListOf<H> = H extends { pagination: infer P }
  ? P extends abstract new (...args: never[]) => { paginate(...args: never[]): Promise<infer Page> }
    ? PageOf<Page, OutputOf<H>>
    : OutputOf<H>[]
  : PaginatedResponse<OutputOf<H>>;

type PageOf<Page, Row> = { [K in keyof Page]: K extends 'results' ? Row[] : Page[K] };

const STOCK = new WeakSet<object>();

/** Whether clients may call `list`, and it is the library's own. */
export function hasStockList(hook: GenericHook<object>): boolean {
  const { list } = hook as unknown as { readonly list?: object };
  return (
    list !== undefined &&
    STOCK.has(list) &&
    hook.getList === GenericHook.prototype.getList &&
    actionsOf(hook).some(({ member }) => member === 'list')
  );
}

/** Adds `list`. */
export function ListMixin<B extends Constructor<GenericHook<object>>>(Base: B): B & Constructor<Lists> {
  abstract class ListHook extends Base {
    @Action({ methods: ['GET'] })
    @Shown()
    list(scope: ActionScope<undefined>): Promise<unknown> {
      return this.getList(scope);
    }
  }
  // oxlint-disable-next-line typescript/unbound-method -- it is recognized by its identity
  STOCK.add(ListHook.prototype.list);
  return ListHook as unknown as B & Constructor<Lists>;
}
