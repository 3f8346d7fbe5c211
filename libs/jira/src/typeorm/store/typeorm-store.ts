// The rows of an entity that one caller may see and write.

import { isPromise } from '../../core/support/is-promise.js';
import type { DeepPartial, EntityManager, EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { SavePlan } from '../../commits/typeorm-persistence.js';
import { RowNotFoundException, ValidationException } from '../../core/errors/jira.exception.js';
import type { Filter, Ordering } from '../../policy/filtering/filter.js';
import type { RowUse, Store, StoreQuery } from '../../hooks/store.js';
import type { CursorRow, Seek } from '../../policy/pagination/cursor.js';
import type { DirectReader } from '../direct/direct-reader.js';
import { CascadeGuard } from '../query/cascade-guard.js';
import { applyOrdering } from '../query/ordering.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { multipliesRows, pageByKey, withCursorsByKey } from '../query/page-by-key.js';
import { hasCursors, readWithCursors } from '../query/cursor.js';
import { listFault } from '../query/relation-shape.js';
import { RelationGuard, remembered } from '../query/relation-guard.js';
import { compileFilter, type RowPredicate } from '../query/row-predicate.js';
import { isKnown, noteKey } from '../query/known-rows.js';
import { SEES_ALL, sightFor, type Sight, type SightQuery } from '../query/sight.js';
import { checkSingleValues } from '../query/single-values.js';
import { isPlain } from '../query/narrowing.js';
import { StoredRows, type StoredRow } from '../reader/stored-rows.js';
import { checkVisible, isVisible } from '../query/visible-check.js';
import { columnValue, nullUnread, underLazyNames } from '../../commits/column-value.js';
import { countRows, estimateRows } from '../query/count-rows.js';
import { insertTogether } from './insert-together.js';
import { forget, isCascade } from './relation-values.js';
import type { TypeOrmStoreOptions } from './store-options.js';

const ALIAS = 'row';

/** Reads and writes the rows of an entity that one caller may see. `getStore()` of a hook over an entity returns it. */
export class TypeOrmStore<E extends object> implements Store<E> {
  /** @param visibility the rows the caller may see; the manager carries the caller's transaction */
  constructor(
    private readonly manager: EntityManager,
    readonly metadata: EntityMetadata,
    readonly visibility: RowPredicate,
    private readonly options: TypeOrmStoreOptions<E> = {},
  ) {}

  async find({ filter, ordering, offset = 0, limit }: StoreQuery): Promise<E[]> {
    if (limit === 0 || this.visibility.constant === false) return [];
    const seen = this.sightFor({ filter, ordering });
    const sight = isPromise(seen) ? await seen : seen;
    const rows = await this.direct?.find(this.predicates(filter, sight), { ordering, sight, offset, limit });
    if (rows) return rows as E[];
    const query = this.query(filter, sight);
    if (multipliesRows(query)) return pageByKey(query, this.manager, this.metadata, { ordering, sight, offset, limit });
    applyOrdering(query, this.metadata, ordering, sight);
    if (offset > 0) query.offset(offset);
    // MySQL has no offset without a limit.
    if (limit !== undefined || offset > 0) query.limit(limit ?? Number.MAX_SAFE_INTEGER);
    return query.getMany();
  }

  async findAndCount({
    filter,
    ordering,
    offset = 0,
    limit,
  }: StoreQuery): Promise<{ rows: E[]; count: number } | undefined> {
    if (!this.direct || limit === 0 || this.visibility.constant === false) return undefined;
    const seen = this.sightFor({ filter, ordering });
    const sight = isPromise(seen) ? await seen : seen;
    const found = await this.direct.findAndCount(this.predicates(filter, sight), { ordering, sight, offset, limit });
    return found as { rows: E[]; count: number } | undefined;
  }

  async findOne(filter: Filter, use?: RowUse): Promise<E | null> {
    const row = this.visibility.constant === false ? null : await this.readOne(filter, use);
    if (row) noteKey(this.metadata, row);
    return row;
  }

  async findEach(filters: readonly Filter[], narrowing: Filter, use: RowUse): Promise<(E | null)[]> {
    const { locked, withDeleted = false } = this.options;
    const names = filters.map((one) => compileFilter(this.metadata, one));
    const rest = this.predicates(narrowing, await this.sightFor({ filter: narrowing }));
    const rows = (await locked?.findEach(this.manager, names, rest, { use, withDeleted })) ?? filters.map(() => null);
    for (const row of rows) if (row) noteKey(this.metadata, row);
    return rows;
  }

  private async readOne(filter: Filter, use?: RowUse): Promise<E | null> {
    const seen = this.sightFor({ filter });
    const sight = isPromise(seen) ? await seen : seen;
    const { locked, withDeleted = false } = this.options;
    const row = use && (await locked?.find(this.manager, this.predicates(filter, sight), { use, withDeleted }));
    if (row !== undefined) return row;
    const found = await this.direct?.findOne(this.predicates(filter, sight));
    if (found !== undefined) return found as E | null;
    const query = this.query(filter, sight);
    if (!multipliesRows(query)) return query.limit(1).getOne();
    const [first] = await pageByKey(query, this.manager, this.metadata, { ordering: [], sight, offset: 0, limit: 1 });
    return first ?? null;
  }

  async count(filter: Filter, limit?: number): Promise<number> {
    if (this.visibility.constant === false) return 0;
    const seen = this.sightFor({ filter });
    const sight = isPromise(seen) ? await seen : seen;
    const total = await this.direct?.count(this.predicates(filter, sight), limit);
    return total ?? countRows(this.manager, this.query(filter, sight), limit);
  }

  async estimate(filter: Filter): Promise<number | undefined> {
    return estimateRows(this.manager, this.query(filter, await this.sightFor({ filter })), this.metadata.dataSource); // prettier-ignore
  }

  get isConcurrent(): boolean {
    return !this.manager.queryRunner && !dialectOf(this.metadata.dataSource).hasOneConnection;
  }

  hasCursors(ordering: readonly Ordering[]): boolean {
    return hasCursors(this.metadata, ordering);
  }

  async seek({ filter, ordering, limit }: StoreQuery, from?: Seek): Promise<CursorRow<E>[]> {
    if (limit === 0 || this.visibility.constant === false) return [];
    const sight = await this.sightFor({ filter, ordering });
    const query = this.query(filter, sight);
    const page = { ordering, sight, from, limit };
    return multipliesRows(query)
      ? withCursorsByKey(query, this.manager, this.metadata, page)
      : readWithCursors(query, this.metadata, page);
  }

  create(fields: Record<string, unknown>): E {
    return this.merge(this.metadata.create(this.manager.queryRunner) as E, fields);
  }

  merge(entity: E, fields: Record<string, unknown>): E {
    // TypeORM would write the new key into the loaded related object, or prefer that object to the key column.
    for (const relation of this.metadata.relations) {
      const isSet = relation.propertyName in fields || relation.joinColumns.some((column) => !column.isVirtual && column.propertyName in fields); // prettier-ignore
      if (isSet) forget(relation, entity);
      const fault = listFault(relation, fields[relation.propertyName]);
      if (fault !== undefined) throw new ValidationException({ [relation.propertyName]: [fault] });
    }
    checkSingleValues(this.metadata, fields);
    return this.manager.merge<E>(this.metadata.target, entity, underLazyNames(this.metadata, fields) as DeepPartial<E>);
  }

  async insert(entity: E): Promise<E> {
    await this.checkRelations(entity);
    // Only save() writes related rows. A plain insert can never touch a row that exists.
    if (this.writesMore(entity)) {
      await this.relations().checkNew(entity);
      await this.saveMore(entity);
    } else {
      nullUnread(this.metadata, entity);
      await this.manager.insert<E>(this.metadata.target, entity);
    }
    return this.readBack(entity);
  }

  async insertMany(entities: readonly E[]): Promise<E[] | undefined> {
    // SQLite does not say which of several rows has which key.
    const isOneByOne = !this.options.locked || dialectOf(this.metadata.dataSource).hasOneConnection;
    if (isOneByOne || entities.some((entity) => this.writesMore(entity))) return undefined;
    const relations = this.relations(remembered(this.options.canRetrieve));
    for (const entity of entities) await relations.check(entity);
    const rows = await insertTogether(this.manager, this.storedRows, this.visibility, entities);
    return rows.map((row) => this.noteRead(row));
  }

  /** @throws ValidationException unless the caller could retrieve every row that the entity names in a relation */
  checkRelations(entity: E): Promise<void> {
    return this.relations().check(entity);
  }

  /** Whether storing the entity means writes beyond its row. */
  writesMore(entity: E): boolean {
    return this.metadata.relations.some((relation) => isCascade(relation, relation.getEntityValue(entity)));
  }

  async update(entity: E): Promise<E> {
    const wasRead = isKnown(this.metadata, entity);
    const relations = this.relations();
    const { locked } = this.options;
    const read = locked?.rowOf(this.manager, entity);
    const stored = read ? relations.keysOf(read) : await relations.lock(entity);
    // save() would insert a row that was deleted in the meantime.
    if (!stored || !(wasRead || (await isVisible(this.manager, this.visibility, entity))))
      throw new RowNotFoundException();
    await relations.check(entity, stored);
    if (this.writesMore(entity)) await this.saveMore(entity);
    else if (!(await locked?.write(this.manager, entity, false))) await this.manager.save(this.metadata.target, entity);
    return this.readBack(entity);
  }

  async reread(entity: E): Promise<E> {
    const mark = this.storedRows.markOf(this.manager);
    if (mark !== undefined && READ_AT.get(entity) === mark) return entity;
    if (this.metadata.getEntityIdMap(entity) === undefined) return entity;
    return (await this.read(entity))?.row ?? entity;
  }

  /** Reads the written row back, as it is stored. @throws ValidationException if the caller may not see it */
  private async readBack(entity: E): Promise<E> {
    const stored = await this.read(entity);
    if (!stored) throw new RowNotFoundException();
    await this.storedRows.ask(this.manager, () => checkVisible(this.manager, this.visibility, entity, stored.image));
    return this.noteRead(stored.row);
  }

  private noteRead(row: E): E {
    noteKey(this.metadata, row);
    return READ_AT.set(row, this.storedRows.markOf(this.manager)) && row;
  }

  private async read(entity: E): Promise<StoredRow<E> | null> {
    const { storedRows } = this;
    const stored = await storedRows.read(this.manager, entity);
    const query = this.options.baseQuery?.() ?? this.manager.createQueryBuilder<E>(this.metadata.target, ALIAS);
    if (!stored || (storedRows.maker.isEnough && isPlain(query))) return stored;
    const row = await query
      .withDeleted()
      .andWhereInIds([this.metadata.getEntityIdMap(entity)])
      .getOne();
    return { ...stored, row: row ?? stored.row };
  }

  private get storedRows(): StoredRows<E> {
    return this.options.stored ?? new StoredRows<E>(this.metadata);
  }

  /** Saves the entity and its related rows, within what the caller may write. */
  private async saveMore(entity: E): Promise<void> {
    const save = async (manager: EntityManager): Promise<void> => {
      const plan = await SavePlan.of(manager, this.metadata, entity);
      const guard = new CascadeGuard(manager, plan, this.options);
      await guard.check();
      await plan.execute();
      await guard.checkWritten();
    };
    const { manager } = this;
    await (manager.queryRunner?.isTransactionActive ? save(manager) : manager.transaction(save));
  }

  async remove(entity: E): Promise<void> {
    if (!isKnown(this.metadata, entity) && !(await isVisible(this.manager, this.visibility, entity)))
      throw new RowNotFoundException();
    const id: ObjectLiteral | undefined = this.metadata.getEntityIdMap(entity);
    const isSoft = this.metadata.deleteDateColumn !== undefined && !this.options.hardDelete;
    if (isSoft) await this.manager.softRemove(this.metadata.target, entity);
    else if (!(await this.options.locked?.write(this.manager, entity, true))) await this.manager.remove(this.metadata.target as never, entity); // prettier-ignore
    // TypeORM takes the key off a removed entity; the caller may still need it.
    for (const column of this.metadata.primaryColumns) if (id) column.setEntityValue(entity, columnValue(column, id));
  }

  /** Inside a transaction, TypeORM must read: the rows must come from its runner. */
  private get direct(): DirectReader | undefined {
    return this.manager.queryRunner ? undefined : this.options.direct;
  }

  private predicates(filter: Filter, sight: Sight): RowPredicate[] {
    return [this.visibility, compileFilter(this.metadata, filter, sight)];
  }

  sightFor(query: SightQuery): Sight | Promise<Sight> {
    const { sightOf } = this.options;
    return sightOf ? sightFor(this.metadata, query, sightOf) : SEES_ALL;
  }

  get versionField(): string | undefined {
    return this.metadata.versionColumn?.propertyName;
  }

  async lock(entity: E): Promise<E | null> {
    const read = await this.options.locked?.again(this.manager, entity);
    if (read) return read;
    const query = this.manager.createQueryBuilder<E>(this.metadata.target, ALIAS);
    this.visibility.apply(query, ALIAS);
    const id: ObjectLiteral | undefined = this.metadata.getEntityIdMap(entity);
    if (!dialectOf(this.metadata.dataSource).hasOneConnection && this.manager.queryRunner?.isTransactionActive)
      query.setLock('pessimistic_write');
    return query.andWhereInIds([id]).getOne();
  }

  private query(filter: Filter, sight: Sight): SelectQueryBuilder<E> {
    const query = this.options.baseQuery?.() ?? this.manager.createQueryBuilder<E>(this.metadata.target, ALIAS);
    if (this.options.withDeleted) query.withDeleted();
    this.visibility.apply(query, query.alias);
    compileFilter(this.metadata, filter, sight).apply(query, query.alias);
    return query;
  }

  private relations(canRetrieve = this.options.canRetrieve): RelationGuard {
    return new RelationGuard(this.manager, this.metadata, canRetrieve);
  }
}

/** By row that was read back: the mark at that time. */
const READ_AT = new WeakMap<object, number | undefined>();
