// The base of hooks over a TypeORM entity: reads and writes the rows that the caller may see. Mixins add the actions.

import type { Type } from '@nestjs/common';
import type { EntityMetadata, SelectQueryBuilder } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import type { Filter, Ordering } from '../../policy/filtering/filter.js';
import { QueryLanguage } from '../../policy/filtering/query-language.js';
import type { HookContext } from '../../hooks/base-hook.js';
import { GenericHook, inputFor, type RowLookup } from '../../hooks/generic-hook.js';
import { CONTEXT, OWN_ROWS, REGISTER, SHORTCUT_OF } from '../../hooks/plumbing.js';
import type { Shortcut, StockAction } from '../../hooks/shortcuts.js';
import { stateOf, type HookScope } from '../../core/scope/scope.js';
import type { UnitOfWork } from '../../core/scope/unit-of-work.js';
import { ruleFor, unlessAnonymous } from '../../core/scope/anonymous.js';
import { exposedNames } from '../../policy/serialization/compiled-view.js';
import type { Dependency, ObservedRows, OwnRows } from '../../live/observers/observed-rows.js';
import type { FoundEntity } from '../data-sources.js';
import { directCreate, writerOf, type Writer } from '../direct/direct-create.js';
import { DirectReader } from '../direct/direct-reader.js';
import { checkAtBoot } from './boot-checks.js';
import { EntityRows } from './entity-rows.js';
import { HookGate, isAllowed } from './hook-gate.js';
import { isStockAction, nestedRules } from './nested-rules.js';
import { Expansion, type ExpandFields } from '../expand/expansion.js';
import { EntityFieldTypes } from '../query/field-types.js';
import { Lookup } from '../query/lookup.js';
import { keyFilter } from '../query/named-row.js';
import { refuseNarrowing } from '../query/narrowing.js';
import type { CanRetrieve } from '../query/relation-guard.js';
import { compileFilter, compileVisibility, type RowPredicate } from '../query/row-predicate.js';
import { relationsIn, sightFor } from '../query/sight.js';
import type { Visibility } from '../query/visibility.js';
import { AnnouncedRows } from '../reader/announced-rows.js';
import { StoredRows } from '../reader/stored-rows.js';
import { isPerUser } from '../../live/observers/per-user.js';
import { PredicateMatcher } from './row-matchers.js';
import { LockedRows } from '../store/locked-rows.js';
import { TypeOrmEdge } from '../typeorm-edge.js';
import { TypeOrmStore } from '../store/typeorm-store.js';
import { TypeOrmUnitOfWork } from '../store/typeorm-unit-of-work.js';

/** Methods that the stock `create` calls. */
const CREATE_CALLS = ['performCreate', 'getStore', 'openUnitOfWork', 'serialize'] as const;
type Overridable = 'visibility' | 'checkObjectPermissions' | 'getQuery' | (typeof CREATE_CALLS)[number];

/** A hook over the rows of an entity, without actions. Add them as methods or with mixins, or extend `ModelHook`. */
export abstract class GenericModelHook<E extends object> extends GenericHook<E> {
  /** The entity whose rows this hook serves. */
  abstract entity: Type<E>;
  /** Whether soft-deleted rows count as rows. @default false */
  withDeleted = false;
  /**
   * Entities that decide who sees which rows (memberships), or that the output shows. Subscriptions follow their changes at once.
   *
   * @default the entities that `visibility` crosses by relations. Other lookups of its code are repeated within `visibilityTtlMs`
   */
  dependsOn: readonly Dependency[] = [];

  /**
   * Relations that clients may request with a row (`expand=author,comments.author`); none by default. The hook of the
   * related entity decides what is shown. If there are several, name one: `{ author: 'users' }`.
   */
  expandFields: ExpandFields = [];

  private found!: FoundEntity;
  private edge!: TypeOrmEdge;
  private language!: QueryLanguage;
  private lookup!: Lookup;
  private direct?: DirectReader;
  private writer?: Writer;
  private locked?: LockedRows<E>;
  private expansion!: Expansion;
  private stored!: StoredRows<E>;
  private announced!: AnnouncedRows<E>;
  private defaultOrdering: readonly Ordering[] = [];
  private readonly visible = new WeakMap<HookScope, RowPredicate | Promise<RowPredicate>>();

  override async [REGISTER](context: HookContext): Promise<void> {
    const { name } = this.constructor;
    if (!this.entity) throw new ConfigurationError(name, 'has no entity.', 'Set "entity" to the class of its rows.');
    this.edge = context.moduleRef.get(TypeOrmEdge, { strict: false });
    this.found = this.edge.dataSources.find(this.entity, name, context.metadata.dataSource);
    await super[REGISTER](context);
    const source = this.edge.sourceOf(this.found);
    this.stored = new StoredRows(this.metadata, source);
    if (source && !this.hasOwn('getQuery')) this.locked = new LockedRows(this.metadata, source, this.stored);
    this.announced = new AnnouncedRows(this.metadata, this.stored.maker, {
      output: this.getOutput(),
      showsByItself: this.hasOwn('serialize'),
      show: (row, scope) => this.showTo(scope, row),
      queryOf: this.hasOwn('getQuery') ? (scope) => this.getQuery(scope) : undefined,
      getStore: (scope) => this.getStore(scope),
      checkObjectPermissions: (scope, row) => this.checkObjectPermissions(scope, row),
    });
    const types = new EntityFieldTypes(this.metadata);
    this.lookup = new Lookup(name, this.metadata, types);
    this.lookup.checkField(this.lookupField);
    this.language = new QueryLanguage(name, this, types, context.limits);
    this.defaultOrdering = this.ordering.map((field) => this.lookup.ordering(field, this.unrestrictedFields));
    if (context.fastPaths.reads && !this.hasOwn('getQuery'))
      this.direct = DirectReader.of(this.metadata, this.withDeleted);
    if (context.fastPaths.writes) this.writer = writerOf(this.metadata, source);
    this.expansion = new Expansion(
      name,
      this.metadata,
      this.outputNames,
      this.expandFields,
      (related) => this.edge.relatedHooks(related),
      context.limits,
    );
    this.edge.addGate(this.metadata, this.asGate());
    checkAtBoot(this, this.metadata, GenericModelHook.prototype, context);
  }

  /** The rows this caller may see and write. Reads, writes, lists, relations and events all obey it. @default all rows */
  visibility(_scope: HookScope): Visibility<E> | Promise<Visibility<E>> {
    return true;
  }

  /** The base query of lists and lookups. Narrow it with joins or conditions; `visibility` is added to it. */
  getQuery(scope: HookScope): SelectQueryBuilder<E> {
    return scope.manager.createQueryBuilder<E>(this.entity, 'row');
  }

  /**
   * Whether `serialize` reads the scope. If `false`, changes are serialized from the row alone, once for all subscriptions.
   *
   * @default true with a second parameter or an `audience`, false with one parameter
   */
  serializesPerUser?: boolean;

  /**
   * Names the group of callers who see the same rows in the same form, if `serialize` or object permissions read the scope.
   *
   * @default one group per subscription for such hooks
   */
  audience?(scope: HookScope): string;

  override openUnitOfWork(scope: HookScope): UnitOfWork {
    return new TypeOrmUnitOfWork(this.found.dataSource, stateOf(scope).handle);
  }

  override async getStore(scope: HookScope): Promise<TypeOrmStore<E>> {
    const visible = await this.visibleTo(scope);
    return new TypeOrmStore<E>(scope.manager, this.metadata, visible, {
      baseQuery: () => ruleFor(scope, () => this.getQuery(scope)) as SelectQueryBuilder<E>,
      withDeleted: this.withDeleted,
      direct: this.direct,
      canRetrieve: this.canRetrieveOf(scope),
      sightOf: (related) => this.edge.sightOf(related, scope),
      nested: nestedRules(scope, this.edge),
      stored: this.stored,
      locked: this.locked,
    });
  }

  override [SHORTCUT_OF](action: StockAction): Shortcut | undefined {
    if (action !== 'create' || !this.writer) return undefined;
    const hook = {
      metadata: this.metadata,
      output: this.getOutput() as Type<object>,
      isStock: () => !CREATE_CALLS.some((name) => this.hasOwn(name)),
      visibleTo: (scope: HookScope) => this.visibleTo(scope),
      canRetrieve: (scope: HookScope) => this.canRetrieveOf(scope),
      serialize: (row: E, scope: HookScope) => this.serialize(row, scope),
    };
    return directCreate(hook, this.writer);
  }

  /** The rules that other hooks apply where their rows are related to this hook's. */
  private asGate(): HookGate<E> {
    const { metadata, outputNames, withDeleted } = this;
    const context = this[CONTEXT];
    return new HookGate<E>({
      subject: this.constructor.name,
      namespace: context.namespace,
      metadata,
      outputNames,
      withDeleted,
      ordering: this.defaultOrdering,
      hasObjectPermissions: this.hasObjectPermissions(),
      getStore: (scope) => this.getStore(scope),
      filterQuery: (scope, filter) => this.filterQuery(scope, filter),
      visibleTo: (scope) => this.visibleTo(scope),
      ownQuery: (scope) => (this.hasOwn('getQuery') ? this.getQuery(scope) : undefined),
      recheck: context.recheck,
      checkObjectPermissions: (scope, object) => this.checkObjectPermissions(scope, object),
      serializeAll: (objects, scope) => this.serializeAll(objects, scope),
      assertComplete: () => this.checkRelated(),
      isStock: (action) => isStockAction(this, action),
      inputFor: (kind, isPartial) => inputFor(this, kind, isPartial),
    });
  }

  private checkRelated(): void {
    this.expansion.assertComplete();
    const fields = [...this.language.fieldsUsed(), ...this.defaultOrdering];
    for (const related of new Set(relationsIn(this.metadata, fields).map((one) => one.inverseEntityMetadata)))
      for (const { namespace, hasObjectPermissions } of this.edge.gatesOf(related))
        if (hasObjectPermissions)
          this[CONTEXT].warn(
            `filters or orders by rows of ${related.name}, whose hook "${namespace}" has object permissions, which a query cannot evaluate. Restrict its rows in visibility(), or list the fields in "unrestrictedFields".`,
          );
  }

  private canRetrieveOf(scope: HookScope): CanRetrieve {
    return ({ inverseEntityMetadata: related }, key, field) =>
      this.edge.canRetrieve(related, scope, keyFilter(related, key, field));
  }

  private get outputNames(): readonly string[] {
    return exposedNames(this.getOutput() as Type<object>);
  }

  override async present(objects: readonly E[], scope: HookScope): Promise<unknown[]> {
    const shown = await this.serializeAll(objects, scope);
    if (scope.query['expand'] === undefined && scope.query['fields'] === undefined) return shown;
    return this.expansion.apply(
      objects.map((row, i) => ({ row, shown: shown[i] })),
      scope,
    );
  }

  override parseFilter(scope: HookScope): Filter {
    return this.language.parseFilter(scope.query, this.reservedQueryKeys(scope), scope);
  }

  override parseOrdering(scope: HookScope): readonly Ordering[] {
    return this.language.parseOrdering(scope.query) ?? this.defaultOrdering;
  }

  override lookupFilter(_scope: HookScope, { field, key, value }: RowLookup): Filter {
    return field === 'pk' ? this.lookup.primaryKey(value, key) : this.lookup.exactly(field.split(/__|\./), value, key);
  }

  private get metadata(): EntityMetadata {
    return this.found.metadata;
  }

  override [OWN_ROWS](entity: unknown): ObservedRows | undefined {
    if (entity !== undefined && entity !== this.entity) return undefined;
    const own: OwnRows = {
      filter: (scope) => this.announcedFilter(scope),
      visibility: (scope) => this.announcedVisibility(scope),
      permits: this.hasObjectPermissions() ? (scope, image) => isAllowed(async () => this.checkObjectPermissions(scope, await this.announced.rowOf(image))) : undefined, // prettier-ignore
      serialize: (announced, scope, isLoaded) => this.announced.serialize(announced, scope, isLoaded),
      wayOf: (scope) => this.announced.wayOf(scope),
      load: (announced, scope) => this.announced.load(announced, scope),
      // oxlint-disable-next-line typescript/unbound-method -- its source is a part of the shape
      shape: JSON.stringify([this.outputNames, String(this.getOutput()), String(this.serialize)]),
      serializesPerUser: this.isPerUser(),
      audience: this.audience && ((scope) => this.audience?.(scope) ?? ''),
      dependsOn: this.dependsOn,
    };
    return new EntityRows(this.found, this.constructor.name, this.edge, { withDeleted: this.withDeleted, own });
  }

  private async announcedFilter(scope: HookScope): Promise<PredicateMatcher> {
    const filter = await this.filterQuery(scope, this.subscribedFilter(scope));
    // Facts about the caller are cached per scope; with a new scope, they are determined again.
    const now = Object.create(scope) as HookScope;
    const sight = await sightFor(this.metadata, { filter }, (related) => this.edge.sightOf(related, now));
    return new PredicateMatcher(compileFilter(this.metadata, filter, sight));
  }

  private announcedVisibility(scope: HookScope): unknown {
    if (this.hasOwn('getQuery')) refuseNarrowing(this.getQuery(scope), this.constructor.name);
    return this.visibility(scope);
  }

  private isPerUser(): boolean {
    // oxlint-disable-next-line typescript/unbound-method -- its parameters are counted
    return this.hasOwn('serialize') && isPerUser(this.serialize, this, this.constructor.name);
  }

  private showTo(scope: HookScope, row: E): unknown {
    // A shared override gets no scope, so that it cannot treat the callers it serves differently.
    const isShared = this.hasOwn('serialize') && !this.isPerUser();
    if (isShared) return (this as unknown as { serialize(row: E): unknown }).serialize(row);
    return this.serialize(row, scope);
  }

  private hasObjectPermissions(): boolean {
    const { permissions } = this[CONTEXT];
    return this.hasOwn('checkObjectPermissions') || permissions.some((one) => one.hasObjectPermission !== undefined);
  }

  private hasOwn(name: Overridable): boolean {
    return this[name] !== GenericModelHook.prototype[name];
  }

  private visibleTo(scope: HookScope): RowPredicate | Promise<RowPredicate> {
    const known = this.visible.get(scope);
    if (known) return known;
    const compile = (visibility: Visibility<E>) => compileVisibility(this.metadata, visibility, this.constructor.name);
    const predicate = unlessAnonymous(scope, () => this.visibility(scope), compile);
    this.visible.set(scope, predicate);
    return predicate;
  }
}
