// Connects the library to TypeORM's data sources: captures their changes, and knows which hooks serve an entity.

import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityMetadata, EntityTarget } from 'typeorm';
import { Hub } from '../live/delivery/hub.js';
import type { Filter } from '../policy/filtering/filter.js';
import { getOrAdd } from '../core/support/get-or-add.js';
import { Observables } from '../live/observers/observed-rows.js';
import type { HookScope } from '../core/scope/scope.js';
import { DataSources, type FoundEntity } from './data-sources.js';
import { EntityRows, type RowWatcher } from './hooks/entity-rows.js';
import { entityKey } from '../live/delivery/channel.js';
import { assertTypeOrm } from '../commits/assert-typeorm.js';
import { knownDialectOf } from '../commits/dialect/dialects.js';
import { TypeOrmChangeSource } from '../commits/capture/typeorm-change-source.js';
import { requestsAtPool } from '../commits/requests-at-pool.js';
import { PoolTurns, poolShares } from '../commits/pool-turns.js';
import { poolSizeOf } from '../commits/typeorm-pools.js';
import type { Limits } from '../core/limits/limits.js';
import type { RequestTurns } from '../core/limits/request-turns.js';
import type { StatementControl } from '../commits/dialect/dialect.js';
import { Neighbours } from '../commits/neighbours.js';
import { SpareConnection } from '../commits/spare-connection.js';
import { installSqliteLeases } from '../commits/leases/sqlite-leases.js';
import { surviveConnectionLoss } from '../commits/surviving-connections.js';
import { KeptKeys } from './store/kept-keys.js';
import type { RelatedHook } from './expand/expansion.js';
import { ALL, and, complement, oneOf, or, type Condition } from './query/condition.js';
import type { NestedWrite } from './query/cascade-guard.js';
import type { FieldErrors } from '../core/errors/jira.exception.js';
import { toStored } from './query/column-value.js';
import { isRow } from './query/named-row.js';
import { covers, discriminatorsOf, shareTable } from './rows/table-rows.js';

/** A hook that can say whether a caller may retrieve a row of its entity. */
export interface EntityGate extends RelatedHook {
  readonly namespace: string;
  readonly hasObjectPermissions: boolean;
  /** Why the caller may not write the row nested in another hook's input, by field; undefined if that is allowed. */
  refusalOf(scope: HookScope, write: NestedWrite): Promise<FieldErrors | undefined>;
  canRetrieve(scope: HookScope, row: Filter): Promise<boolean>;
  /** One of the hook's rows, as the hook shows it. */
  showRow(row: object, scope: HookScope): unknown;
  /** Called when all hooks are known. @throws ConfigurationError */
  assertComplete(): void;
}

export interface EdgeSettings {
  readonly lockTimeoutMs: number;
  readonly idempotencyTtlMs: number;
  readonly limits: Pick<Limits, 'reservedPoolPercent' | 'userPoolPercent'>;
  /** Holds requests back while SQLite's only connection is crowded. */
  readonly turns: RequestTurns;
}

@Injectable()
export class TypeOrmEdge extends Observables implements RowWatcher, OnApplicationShutdown {
  private readonly sources = new Map<string, TypeOrmChangeSource>();
  private readonly gates = new Map<EntityMetadata, Map<string, EntityGate>>();
  private readonly undos: (() => void)[] = [];
  /** Entities that were watched at boot, as in every process of the application. */
  private readonly always = new Set<string>();
  private isReady = false;
  /** By data source, as the tables that are watched. */
  private readonly spares = new Map<string, { readonly spare: SpareConnection; readonly control: StatementControl }>();
  private readonly tables = new Map<string, Set<string>>();

  constructor(
    readonly dataSources: DataSources,
    private readonly hub: Hub,
  ) {
    super();
  }

  /** Attaches to every data source whose changes can be captured. Called once at boot, before the hooks register. */
  async open({ lockTimeoutMs, idempotencyTtlMs, limits, turns }: EdgeSettings): Promise<void> {
    const percent = { reserved: limits.reservedPoolPercent, user: limits.userPoolPercent };
    for (const { name, dataSource } of this.dataSources.all()) {
      this.undos.push(KeptKeys.of(dataSource).open(idempotencyTtlMs));
      const dialect = knownDialectOf(dataSource);
      if (!dialect?.isCaptured) continue; // not captured; watch() throws if a hook serves it
      assertTypeOrm(dataSource);
      await dialect.prepare((sql) => dataSource.query(sql));
      installSqliteLeases(dataSource, { lockTimeoutMs, crowd: turns });
      surviveConnectionLoss(dataSource);
      if (dialect.statements) {
        const spare = new SpareConnection(dataSource.options);
        this.spares.set(name, { spare, control: dialect.statements });
        const shares = poolShares(poolSizeOf(dataSource.driver), percent);
        requestsAtPool(name, dataSource, dialect.statements, spare, new PoolTurns(shares));
      }
      const source = new TypeOrmChangeSource(dataSource, name);
      source.attach();
      this.undos.push(this.hub.connect(source), () => source.detach());
      this.sources.set(name, source);
    }
  }

  find(entity: unknown, subject: string, dataSource?: string): EntityRows {
    const target = entity as EntityTarget<object>;
    const isThere = this.dataSources.all().some((one) => one.name === dataSource && one.dataSource.hasMetadata(target));
    const found = this.dataSources.find(target, subject, isThere ? dataSource : undefined);
    return new EntityRows(found, subject, this);
  }

  watch({ name, dataSource, metadata }: FoundEntity): void {
    const source = this.sources.get(name) ?? new TypeOrmChangeSource(dataSource, name);
    // If changes of this kind of data source cannot be captured, this throws an error that tells what to do.
    source.attach();
    source.watch(metadata.name);
    getOrAdd(this.tables, name, () => new Set<string>()).add(metadata.tablePath);
    if (!this.isReady) this.always.add(entityKey(name, metadata.name));
  }

  isAlwaysWatched({ name }: FoundEntity, entity: string): boolean {
    return this.always.has(entityKey(name, entity));
  }

  /** The change source of the entity's data source; undefined if changes cannot be captured. */
  sourceOf({ name }: FoundEntity): TypeOrmChangeSource | undefined {
    return this.sources.get(name);
  }

  /**
   * Called when all hooks are known.
   *
   * @throws ConfigurationError if a data source's writes do not reach its change source, or a hook lacks another that
   * it needs
   */
  assertReady(): void {
    this.isReady = true;
    for (const source of this.sources.values()) source.assertAttached();
    for (const gates of this.gates.values()) for (const gate of gates.values()) gate.assertComplete();
  }

  /** Warnings of writes that change capture cannot see, one sentence each. */
  warnings(): string[] {
    return [...this.sources.values()].flatMap((source) => source.warnings());
  }

  /** Warns of other processes that use the same tables. Call it once at boot, if no change log is shared. */
  lookForNeighbours(everyMs: number): void {
    for (const [name, { spare, control }] of this.spares) {
      const neighbours = new Neighbours(spare, control, name, [...(this.tables.get(name) ?? [])].toSorted());
      neighbours.start(everyMs);
      this.undos.push(() => neighbours.stop());
    }
  }

  addGate(metadata: EntityMetadata, gate: EntityGate): void {
    getOrAdd(this.gates, metadata, () => new Map<string, EntityGate>()).set(gate.namespace, gate);
  }

  /** The hooks of an entity, and of its parents and children in the same table. */
  gatesOf(metadata: EntityMetadata): EntityGate[] {
    return this.servedWith(metadata).flatMap(([, gates]) => [...gates.values()]);
  }

  private servedWith(metadata: EntityMetadata): [EntityMetadata, ReadonlyMap<string, EntityGate>][] {
    return [...this.gates].filter(([other]) => shareTable(other, metadata));
  }

  /** The hooks of exactly this entity. */
  ownGatesOf(metadata: EntityMetadata): readonly EntityGate[] {
    return [...(this.gates.get(metadata)?.values() ?? [])];
  }

  /** The hooks that may show an entity's rows as related rows, by namespace. */
  relatedHooks(metadata: EntityMetadata): ReadonlyMap<string, RelatedHook> {
    return this.gates.get(metadata) ?? new Map<string, RelatedHook>();
  }

  /**
   * Whether any hook of the entity, or of its parents and children in the same table, lets this caller retrieve the row
   * that the filter names. Rows that no hook serves are not restricted.
   */
  async canRetrieve(metadata: EntityMetadata, scope: HookScope, row: Filter): Promise<boolean> {
    const served = this.servedWith(metadata);
    // A foreign key accepts any row of the table, even a sibling entity's.
    if (discriminatorsOf(metadata) && !(await isRow(scope.manager, metadata, row))) return false;
    for (const [, gates] of served)
      for (const gate of gates.values()) if (await gate.canRetrieve(scope, row)) return true;
    if (served.some(([other]) => covers(other, metadata))) return false;
    for (const [other] of served) if (await isRow(scope.manager, other, row)) return false;
    return true;
  }

  /**
   * The rows of an entity that this caller may retrieve by any of its hooks, or those of its parents and children. Rows
   * that no hook serves are not restricted.
   */
  async sightOf(metadata: EntityMetadata, scope: HookScope): Promise<Condition> {
    const served = this.servedWith(metadata);
    const parts: Condition[] = [];
    for (const [other, gates] of served)
      for (const gate of gates.values()) parts.push(and([rowsOf(other, metadata), await gate.sightOf(scope)]));
    return or([complement(or(served.map(([other]) => rowsOf(other, metadata)))), ...parts]);
  }

  /**
   * Why no hook of the nested row lets the caller write it, by field of the row. Undefined if one does, or if there is
   * no hook.
   */
  async nestedFaults(scope: HookScope, write: NestedWrite): Promise<FieldErrors | undefined> {
    let faults: FieldErrors | undefined;
    for (const gate of this.gatesOf(write.metadata)) {
      faults = await gate.refusalOf(scope, write);
      if (!faults) return undefined;
    }
    return faults;
  }

  async onApplicationShutdown(): Promise<void> {
    for (const undo of this.undos.splice(0)) undo();
    await Promise.all([...this.spares.values()].map(({ spare }) => spare.close()));
  }
}

/** The rows of an entity that are also rows of another entity in the same table. */
function rowsOf(other: EntityMetadata, metadata: EntityMetadata): Condition {
  const { discriminatorColumn } = other;
  const values = covers(other, metadata) ? undefined : discriminatorsOf(other);
  return discriminatorColumn && values ? oneOf(discriminatorColumn, values.map((value) => toStored(discriminatorColumn, value))) : ALL; // prettier-ignore
}
