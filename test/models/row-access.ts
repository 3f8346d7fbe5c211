// The rows that code writes: how they are found, named and filled.

import type { EntityManager, EntityMetadata } from 'typeorm';
import type { EntityClass, Model, Role } from './model.js';
import { idText, pkOf } from './moment.js';

export type Entity = Record<string, unknown>;

export abstract class RowAccess {
  constructor(
    protected readonly model: Model,
    protected readonly manager: EntityManager,
    protected readonly count: () => number,
  ) {}

  /** Values of an item's own columns, without its key. */
  values(a: number, b: number): Entity {
    const { columns, spec } = this.model;
    const entries = Object.entries(columns).map(([name, { values }], index) => [name, values[(a + b * index) % values.length]]); // prettier-ignore
    const place = spec.embedded === 'none' ? {} : { place: this.place(b) };
    return { ...Object.fromEntries(entries), ...place, ...(columns['serial'] && { serial: this.count() }) } as Entity;
  }

  next(): number {
    return this.count();
  }

  /** The row of this index, in the order of keys; relations are not loaded. */
  async pick(role: Role, index: number, withDeleted = false): Promise<Entity | undefined> {
    const type = this.model.classes[role];
    if (!type) return undefined;
    const rows = (await this.manager.find(type, { withDeleted, loadEagerRelations: false })) as Entity[];
    const sorted = rows.toSorted((x, y) => (idText(this.pk(role, x)) < idText(this.pk(role, y)) ? -1 : 1));
    return sorted[index % Math.max(1, sorted.length)];
  }

  /** What a relation to this group is made of: its key, and what else it is referred to by. */
  reference(group: Entity): Entity {
    return this.model.spec.groupReference === 'code' ? { code: group['code'] } : this.keyOfGroup(group);
  }

  protected keyOfGroup(group: Entity): Entity {
    const metadata = this.manager.dataSource.getMetadata(group.constructor);
    return metadata.getEntityIdMap(group) as Entity;
  }

  /** TypeORM has no criteria by relations of composite keys. */
  protected async deleteWhere(role: Role, where: Entity): Promise<void> {
    const found = (await this.manager.find(this.type(role), { where: where as object, withDeleted: true })) as Entity[];
    for (const { id } of found) await this.manager.delete(this.type(role), id);
  }

  key(role: Role, entity: Entity): Entity {
    return this.metadata(role).getEntityIdMap(entity) as Entity;
  }

  protected pk(role: Role, entity: Entity): unknown {
    return pkOf(this.metadata(role), entity);
  }

  protected metadata(role: Role): EntityMetadata {
    return this.manager.dataSource.getMetadata(this.type(role));
  }

  protected type(role: Role): EntityClass {
    return this.model.classes[role] as EntityClass;
  }

  protected has(role: 'item' | 'group' | 'note'): boolean {
    return this.model.classes[role] !== undefined && this.metadata(role).deleteDateColumn !== undefined;
  }

  protected hasTags(): boolean {
    return this.model.spec.tags === 'owned' || this.model.spec.tags === 'inverse';
  }

  protected place(b: number): Entity {
    const { embedded } = this.model.spec;
    return { city: ['', 'Ulm', null][b % 3], zip: b % 4, ...(embedded === 'nested' && { point: { x: b } }) };
  }

  /** Lazy relations are promises. */
  protected assign(item: Entity, values: Entity): Entity {
    const { groupLoading, groupColumn } = this.model.spec;
    if ('group' in values && groupColumn === 'property') delete item['groupId'];
    const isLazy = 'group' in values && groupLoading === 'lazy';
    return Object.assign(item, values, isLazy && { group: Promise.resolve(values['group']) });
  }
}
