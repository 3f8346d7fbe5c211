// A hook over a store of rows: what the mixins share.

import type { Type } from '@nestjs/common';
import { ConfigurationError } from '../core/errors/configuration.error.js';
import { JiraException, RowNotFoundException, ValidationException } from '../core/errors/jira.exception.js';
import { allOf, type Filter, type Ordering } from '../policy/filtering/filter.js';
import type { FilterBackend, FilterBackendSpec } from '../policy/filtering/filter-backend.js';
import type { Pagination } from '../policy/pagination/pagination.js';
import { ruleFor } from '../core/scope/anonymous.js';
import { stateOf, type HookScope } from '../core/scope/scope.js';
import { isPromise } from '../core/support/is-promise.js';
import { isStandardSchema } from '../core/support/standard-schema.js';
import { checkInput, checkView } from '../policy/serialization/check-classes.js';
import type { InputType } from '../policy/serialization/input.js';
import { checkRowSchemas } from '../policy/serialization/schema-input.js';
import { outputViewOf, type OutputView } from '../policy/serialization/output-view.js';
import { actionsOf, type InputChoice } from './action.decorator.js';
import { BaseHook, type HookContext } from './base-hook.js';
import { ListSource } from './list-source.js';
import { fieldsOf, type OutputOf } from './mixins/mixin.js';
import { CONTEXT, REGISTER } from './plumbing.js';
import type { RowUse, Store, StoreQuery } from './store.js';

/** How a query names a row. */
export interface RowLookup {
  /** The property to compare; `pk` for the primary key. */
  readonly field: string;
  /** The query key, for error messages. */
  readonly key: string;
  readonly value: unknown;
}

/** A hook over a store of rows, without actions of its own: the mixins add them. For rows of an entity, use `ModelHook`. */
export abstract class GenericHook<E extends object> extends BaseHook {
  /** The view of a row that all readers and subscribers get: a class whose `@Expose()` properties are sent. */
  output?: Type<object>;
  /** Class or schema that validates the input of `create`. */
  createInput?: InputType;
  /** Class or schema that validates the input of `update`. In a PATCH, fields may be absent. @default createInput */
  updateInput?: InputType;
  /** Validation groups for the input of `create`. Validators without a group always apply. @default none: all apply */
  createGroups: readonly string[] = [];
  /** Validation groups for the input of `update`. @default none: all apply */
  updateGroups: readonly string[] = [];
  /** Property that identifies a row in a query. @default 'pk', the primary key */
  lookupField = 'pk';
  /** Query key that names the row. `pk` is accepted as well. @default lookupField */
  lookupQueryKey?: string;
  /** Lookups that clients may use, by field: `{ status: ['exact', 'in'] }`. Other fields cannot be filtered. @default none */
  filterFields: Readonly<Record<string, readonly string[]>> = {};
  /** Fields that clients may order by. @default none */
  orderingFields: readonly string[] = [];
  /** Order of a list if the client names none. `-` sorts descending: `['-createdAt']`. */
  ordering: readonly string[] = [];
  /** Text fields that `search` looks in. @default none */
  searchFields: readonly string[] = [];
  /**
   * Fields across relations by which clients may filter, search and order **even if the related row's own hook hides it
   * from them**. Clients who can filter by a hidden text can guess it letter by letter: list only what everyone may know.
   * @default none: a related row that the caller may not retrieve counts as missing
   */
  unrestrictedFields: readonly string[] = [];
  /**
   * Weights of conditions for the limits `queryWeight` and `userWeightPerSecond`, by field or by field and lookup. Use
   * `{ title__icontains: 1 }` if the column has an index for it. @default 1 to 8, and 8 for each relation
   */
  queryWeights: Readonly<Record<string, number>> = {};
  /** Filter backends besides `filterFields` and `search`. @default none */
  filterBackends: readonly FilterBackendSpec[] = [];
  /** Pagination of lists; `null` returns a bare array. @default the module's */
  pagination?: Type<Pagination> | null;
  /** Rows per page if the client names no size. @default the module's */
  pageSize?: number;

  private view?: OutputView;

  override [REGISTER](context: HookContext): void | Promise<void> {
    const output = this.getOutput();
    if (!output)
      throw new ConfigurationError(
        this.constructor.name,
        'has no output.',
        'Set "output" to a class whose @Expose() properties are what clients may see, or override serialize().',
      );
    checkAttributes(this, output);
    if (this.serialize === GenericHook.prototype.serialize) checkView(output, this.constructor.name);
    this.view = outputViewOf(output, { isCopied: context.fastPaths.views, isRow: context.isRow });
    return super[REGISTER](context);
  }

  /** The rows that this caller may see and write, in the request's transaction. */
  abstract getStore(scope: HookScope): Store<E> | Promise<Store<E>>;

  /** Reads the filter of the query. @throws ValidationException that names every invalid key */
  abstract parseFilter(scope: HookScope): Filter;

  /** Reads the ordering of the query; returns the hook's if there is none. */
  abstract parseOrdering(scope: HookScope): readonly Ordering[];

  /** The filter that finds the row of a lookup. */
  abstract lookupFilter(scope: HookScope, lookup: RowLookup): Filter;

  getOutput(): Type<object> | undefined {
    return this.output;
  }

  getCreateInput(): InputType | undefined {
    return this.createInput;
  }

  getUpdateInput(): InputType | undefined {
    return this.updateInput ?? this.createInput;
  }

  /** Narrows the rows of a list, a lookup or a subscription. Override it to add conditions; it runs the filter backends. */
  filterQuery(scope: HookScope, filter: Filter): Filter | Promise<Filter> {
    const { filterBackends } = this[CONTEXT];
    return filterBackends.length === 0 ? filter : narrowed(filterBackends, scope, filter);
  }

  /**
   * Returns the row that the query names, and checks object permissions. Filters in the query narrow the lookup, too. Throws
   * a RowNotFoundException (404) if there is no such row that the caller may see.
   *
   * @param use `'write'` or `'remove'` if the action goes on to do that: in a transaction, the row is locked for it
   */
  async getObject(scope: HookScope, lookup: RowLookup = this.lookupOf(scope), use?: RowUse): Promise<E> {
    const filter = allOf(this.lookupFilter(scope, lookup), this.parseFilter(scope));
    const store = await this.getStore(scope);
    // A lookup by anything but the key might lock other rows.
    const object = await store.findOne(await this.narrow(scope, filter), lookup.field === 'pk' ? use : undefined);
    if (!object) throw new RowNotFoundException();
    await this.checkObjectPermissions(scope, object);
    return object;
  }

  /** Returns the rows of a list, filtered, ordered, paginated and serialized. */
  async getList(scope: HookScope): Promise<unknown> {
    const store = await this.getStore(scope);
    const filter = await this.narrow(scope, this.parseFilter(scope));
    const query: StoreQuery = { filter, ordering: this.parseOrdering(scope) };
    const source = new ListSource(store, query, (rows) => this.present(rows, scope));
    // Unknown names are refused even if there is no row to show.
    if (scope.query['expand'] !== undefined || scope.query['fields'] !== undefined) await this.present([], scope);
    const { limits, pageSize } = this[CONTEXT];
    const pagination = paginationOf(this, scope);
    const page = { pageSize: Math.min(this.pageSize ?? pageSize, limits.pageSize), maxPageSize: limits.pageSize };
    const read = (): Promise<unknown> => (pagination ? pagination.paginate(source, scope, page) : source.find(query));
    const { share } = stateOf(scope);
    return share ? share(scope, { store, query, pagination }, read) : read();
  }

  /** Returns what clients get for one row. Override it with care: all readers and subscribers see the result. */
  serialize(object: E, _scope: HookScope): unknown {
    return (this.view as OutputView).serialize(object);
  }

  serializeAll(objects: readonly E[], scope: HookScope): unknown[] | Promise<unknown[]> {
    const results = objects.map((object) => this.serialize(object, scope));
    return results.some(isPromise) ? Promise.all(results) : results;
  }

  /** Returns what `list` and `retrieve` answer for these rows: each serialized, and shaped as the query asks. */
  present(objects: readonly E[], scope: HookScope): unknown[] | Promise<unknown[]> {
    return this.serializeAll(objects, scope);
  }

  /** Stores a new row and resolves with it as stored. Override it to set fields that clients may not. */
  async performCreate(fields: object, scope: HookScope): Promise<E> {
    const store = await this.getStore(scope);
    return store.insert(store.create(fieldsOf(fields)));
  }

  /** Stores the fields of an update and resolves with the new row. Override it to set fields that clients may not. */
  async performUpdate(object: E, fields: object, scope: HookScope): Promise<E> {
    const store = await this.getStore(scope);
    const changes = fieldsOf(fields);
    const { versionField } = store;
    await this.checkVersion(object, versionField && changes[versionField], store, scope);
    if (versionField) delete changes[versionField];
    return store.update(store.merge(object, changes));
  }

  /** Removes a row. Override it to do more, or to keep the row. */
  async performDestroy(object: E, scope: HookScope): Promise<void> {
    const store = await this.getStore(scope);
    await this.checkVersion(object, undefined, store, scope);
    await store.remove(object);
  }

  /** Stores a changed row in the request's transaction and returns it serialized. */
  async save(object: E, scope: HookScope): Promise<OutputOf<this>> {
    const store = await this.getStore(scope);
    return (await this.serialize(await store.update(object), scope)) as OutputOf<this>;
  }

  /**
   * Throws VERSION_CONFLICT with the current row if the row no longer has the version that the client knows, from the
   * input's version field or the header `if-match`. The row stays locked until it is written.
   */
  private async checkVersion(object: E, given: unknown, store: Store<E>, scope: HookScope): Promise<void> {
    const expected = given ?? scope.headers['if-match'];
    if (expected === undefined || expected === null || expected === '*') return;
    if (typeof expected !== 'string' && typeof expected !== 'number')
      throw new ValidationException({ 'if-match': ['Must be a string or a number.'] });
    const { versionField } = store;
    if (!versionField || !store.lock) throw new JiraException('BAD_REQUEST', 'These rows have no version column.');
    const current = await store.lock(object);
    if (!current) throw new RowNotFoundException();
    const version = String((current as Record<string, unknown>)[versionField]);
    if (version === String(expected).replace(/^(?:W\/)?"(.*)"$/, '$1')) return;
    throw new JiraException('VERSION_CONFLICT', 'The row was modified by another request.', {
      details: { current: await this.serialize(current, scope) },
    });
  }

  /** Query keys that are not filters. */
  protected reservedQueryKeys(scope: HookScope): ReadonlySet<string> {
    // The key that names a row may also be a filter: both mean the same.
    const names = ['pk', this.lookupQueryKey ?? this.lookupField].filter(
      (key) => !Object.hasOwn(this.filterFields, key),
    );
    const own = ['ordering', 'search', 'expand', 'fields', ...names];
    const ofBackends = this[CONTEXT].filterBackends.flatMap(({ queryKeys }) => queryKeys);
    return new Set([...own, ...ofBackends, ...(paginationOf(this, scope)?.queryKeys ?? [])]);
  }

  /** The filter of a subscription: the query's filters and, for `subscribe`, the row that its `pk` names. */
  protected subscribedFilter(scope: HookScope): Filter {
    const filter = this.parseFilter(scope);
    const { pk } = scope.query;
    if (scope.action !== 'subscribe' || pk === undefined || Object.hasOwn(this.filterFields, 'pk')) return filter;
    return allOf(this.lookupFilter(scope, { field: 'pk', key: 'pk', value: pk }), filter);
  }

  private narrow(scope: HookScope, filter: Filter): Filter | Promise<Filter> {
    return ruleFor(scope, () => this.filterQuery(scope, filter));
  }

  private lookupOf({ query }: HookScope): RowLookup {
    const key = this.lookupQueryKey ?? this.lookupField;
    const value = query[key];
    if (value !== undefined && value !== null) return { field: this.lookupField, key, value };
    const { pk } = query;
    if (pk !== undefined && pk !== null) return { field: 'pk', key: 'pk', value: pk };
    throw new ValidationException({ [key]: [`The query is missing "${key}", which names the row.`] });
  }
}

/** The input of a stock action, chosen for each request so that a subclass's attributes count. */
export function inputFor(hook: GenericHook<object>, kind: 'create' | 'update', isPartial: boolean): InputChoice {
  const type = kind === 'create' ? hook.getCreateInput() : hook.getUpdateInput();
  if (!type) throw new JiraException('METHOD_NOT_ALLOWED', `This hook does not support ${kind}.`);
  return { type, isPartial, groups: kind === 'create' ? hook.createGroups : hook.updateGroups, isRow: true };
}

/** The pagination of the current action: its own, else the hook's, else the module's. */
export function paginationOf<E extends object>(hook: GenericHook<E>, scope: HookScope): Pagination | null {
  const own = stateOf(scope).pagination as Pagination | null | undefined;
  return own === undefined ? hook[CONTEXT].pagination : own;
}

async function narrowed(backends: readonly FilterBackend[], scope: HookScope, filter: Filter): Promise<Filter> {
  let narrow = filter;
  for (const backend of backends) narrow = await backend.filter(scope, narrow);
  return narrow;
}

function checkAttributes(hook: GenericHook<object>, output: unknown): void {
  const { name } = hook.constructor;
  const { pageSize, createGroups, updateGroups } = hook;
  const [createInput, updateInput] = [hook.getCreateInput(), hook.getUpdateInput()];
  for (const [attribute, value] of Object.entries({ output, createInput, updateInput }))
    if (value !== undefined && typeof value !== 'function' && (attribute === 'output' || !isStandardSchema(value)))
      throw new ConfigurationError(name, `has "${attribute}", which is not a class.`, attribute === 'output' ? 'Set it to a class.' : 'Set it to a class, or to a schema of Zod, Valibot or ArkType.'); // prettier-ignore
  if (createInput) checkInput(createInput, name, createGroups);
  if (updateInput) checkInput(updateInput, name, updateGroups);
  const canUpdate = actionsOf(hook).some(({ member }) => member === 'update' || member === 'updateMany');
  checkRowSchemas(name, { createInput, updateInput, hasUpdateInput: updateInput !== createInput, canUpdate });
  if (pageSize !== undefined && !(Number.isInteger(pageSize) && pageSize > 0))
    throw new ConfigurationError(name, `has pageSize = ${String(pageSize)}.`, 'Use a positive integer.');
}

/** What `create` answers after `performCreate`: the row as it is stored. */
export async function answerCreated(hook: GenericHook<object>, object: object, scope: HookScope): Promise<unknown> {
  const isStock = hook.performCreate === GenericHook.prototype.performCreate;
  return hook.serialize(isStock ? object : await reread(hook, object, scope), scope);
}

/** What `update` answers after `performUpdate`: the row as it is stored. */
export async function answerUpdated(hook: GenericHook<object>, object: object, scope: HookScope): Promise<unknown> {
  const isStock = hook.performUpdate === GenericHook.prototype.performUpdate;
  return hook.serialize(isStock ? object : await reread(hook, object, scope), scope);
}

/** Reads the row again, because an override may resolve with something that is not as stored. */
async function reread(hook: GenericHook<object>, object: object, scope: HookScope): Promise<object> {
  const store = await hook.getStore(scope);
  return (await store.reread?.(object)) ?? object;
}
