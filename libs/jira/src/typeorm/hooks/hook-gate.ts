// What other hooks ask a hook about its rows: which of them a caller may retrieve or write, and how they are shown.

import type { EntityMetadata, SelectQueryBuilder } from 'typeorm';
import { JiraException, type FieldErrors } from '../../core/errors/jira.exception.js';
import { calling, retrieving, type HookScope } from '../../core/scope/scope.js';
import type { InputChoice } from '../../hooks/action.decorator.js';
import type { StockAction } from '../../hooks/shortcuts.js';
import type { Store } from '../../hooks/store.js';
import { allOf, type Filter, type Ordering } from '../../policy/filtering/filter.js';
import { validateInput } from '../../policy/serialization/input.js';
import type { ShownRow } from '../expand/expansion.js';
import { ALL, NONE, and, type Condition } from '../query/condition.js';
import { filterCondition } from '../query/filter-condition.js';
import type { NestedWrite } from '../query/cascade-guard.js';
import { keysFilter } from '../query/keys-filter.js';
import { keyFilter } from '../query/named-row.js';
import { MISSING } from '../query/relation-guard.js';
import { narrowingOf } from '../query/narrowing.js';
import type { RowPredicate } from '../query/row-predicate.js';
import type { EntityGate } from '../typeorm-edge.js';

/** The parts of a hook whose rules other hooks apply. */
export interface GateHost<E extends object> {
  /** The hook's class, for errors. */
  readonly subject: string;
  readonly namespace: string;
  readonly metadata: EntityMetadata;
  readonly withDeleted: boolean;
  readonly outputNames: readonly string[];
  readonly ordering: readonly Ordering[];
  readonly hasObjectPermissions: boolean;
  getStore(scope: HookScope): Promise<Store<E>>;
  filterQuery(scope: HookScope, filter: Filter): Filter | Promise<Filter>;
  visibleTo(scope: HookScope): RowPredicate | Promise<RowPredicate>;
  /** Undefined if the hook starts from all rows. */
  ownQuery(scope: HookScope): SelectQueryBuilder<E> | undefined;
  recheck(scope: HookScope): Promise<void> | void;
  checkObjectPermissions(scope: HookScope, object: E): Promise<void>;
  serializeAll(objects: readonly E[], scope: HookScope): unknown[] | Promise<unknown[]>;
  assertComplete(): void;
  /** Whether the library's own code writes the hook's rows, so that all its rules can be checked here. */
  isStock(action: StockAction): boolean;
  inputFor(kind: 'create' | 'update', isPartial: boolean): InputChoice;
}

const METHODS = { create: 'POST', update: 'PATCH', destroy: 'DELETE' } as const;
const DENIED: FieldErrors = { '': ['You do not have permission to write this row as part of another.'] };

export class HookGate<E extends object> implements EntityGate {
  private readonly retrievers = new WeakMap<HookScope, HookScope>();

  constructor(private readonly host: GateHost<E>) {}

  get outputNames(): readonly string[] {
    return this.host.outputNames;
  }

  get namespace(): string {
    return this.host.namespace;
  }

  get hasObjectPermissions(): boolean {
    return this.host.hasObjectPermissions;
  }

  async showRow(row: object, scope: HookScope): Promise<unknown> {
    const [shown] = await this.host.serializeAll([row as E], scope);
    return shown;
  }

  /** Whether the caller may retrieve the row that the filter names. Other hooks ask before a relation may name it. */
  async canRetrieve(caller: HookScope, row: Filter): Promise<boolean> {
    const { host } = this;
    const scope = await this.retrieverOf(caller);
    if (!scope) return false;
    const store = await host.getStore(scope);
    const object = await store.findOne(await host.filterQuery(scope, row));
    return object !== null && isAllowed(() => host.checkObjectPermissions(scope, object));
  }

  /** The rows that the caller may retrieve, without the check of object permissions, which a query cannot make. */
  async sightOf(caller: HookScope): Promise<Condition> {
    const { host } = this;
    const { metadata } = host;
    const scope = await this.retrieverOf(caller);
    if (!scope) return NONE;
    const { deleteDateColumn } = metadata;
    const query = host.ownQuery(scope);
    return and([
      (await host.visibleTo(scope)).condition,
      filterCondition(metadata, await host.filterQuery(scope, allOf())),
      query ? narrowingOf(query, metadata, host.subject) : ALL,
      deleteDateColumn && !host.withDeleted ? { kind: 'null', column: deleteDateColumn } : ALL,
    ]);
  }

  /** The rows with these keys that the caller may retrieve, for another hook's `expand`. */
  async retrieveAll(caller: HookScope, ids: readonly object[]): Promise<ShownRow[]> {
    const { host } = this;
    const scope = await this.retrieverOf(caller);
    if (!scope) return [];
    const store = await host.getStore(scope);
    const filter = await host.filterQuery(scope, keysFilter(host.metadata, ids));
    const allowed: E[] = [];
    for (const row of await store.find({ filter, ordering: host.ordering }))
      if (await isAllowed(() => host.checkObjectPermissions(scope, row))) allowed.push(row);
    const shown = await host.serializeAll(allowed, scope);
    return allowed.map((row, i) => ({ row, shown: shown[i] }));
  }

  async refusalOf(caller: HookScope, write: NestedWrite): Promise<FieldErrors | undefined> {
    const { host } = this;
    const { kind, key, fields } = write;
    if (!host.isStock(kind)) return DENIED;
    const scope = calling(caller, { namespace: host.namespace, action: kind, method: METHODS[kind], data: fields });
    if (!(await isAllowed(() => host.recheck(scope)))) return DENIED;
    if (key) {
      const store = await host.getStore(scope);
      const row = keyFilter(write.metadata, key, write.field);
      const object = await store.findOne(await host.filterQuery(scope, row));
      if (!object) return { '': [MISSING] };
      if (!(await isAllowed(() => host.checkObjectPermissions(scope, object)))) return DENIED;
    }
    return kind === 'destroy' ? undefined : this.inputFaults(kind, write);
  }

  /** Validates the fields by the hook's own input. Fields that the write sets by itself may be missing. */
  private async inputFaults(
    kind: 'create' | 'update',
    { fields, given }: NestedWrite,
  ): Promise<FieldErrors | undefined> {
    // prettier-ignore
    try {
      const choice = this.host.inputFor(kind, kind === 'update');
      await validateInput(choice.type, fields, choice);
      return undefined;
    } catch (error) {
      if (!(error instanceof JiraException) || error.getStatus() >= 500) throw error;
      if (!error.errors) return DENIED;
      const faults = Object.entries(error.errors).filter(([name]) => !(given.includes(name) && fields[name] === undefined)); // prettier-ignore
      return faults.length === 0 ? undefined : Object.fromEntries(faults);
    }
  }

  assertComplete(): void {
    this.host.assertComplete();
  }

  /** The caller's scope for a `retrieve` of this hook; undefined unless that is permitted. */
  private async retrieverOf(caller: HookScope): Promise<HookScope | undefined> {
    const scope = this.retrievers.get(caller) ?? retrieving(caller, this.host.namespace);
    this.retrievers.set(caller, scope);
    return (await isAllowed(() => this.host.recheck(scope))) ? scope : undefined;
  }
}

/** Whether a check passes. Errors that are not refusals are rethrown. */
export async function isAllowed(check: () => Promise<void> | void): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (error instanceof JiraException && error.getStatus() < 500) return false;
    throw error;
  }
}
