// The classes of a model: TypeORM's decorators, applied to classes that are made here.

import {
  AfterLoad,
  BeforeInsert,
  BeforeUpdate,
  ChildEntity,
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Entity,
  Index,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  TableInheritance,
  Tree,
  TreeChildren,
  TreeParent,
  UpdateDateColumn,
  VersionColumn,
  VirtualColumn,
  type ColumnOptions,
  type EntitySubscriberInterface,
  type RelationOptions,
} from 'typeorm';
import type { DatabaseType } from '../support/databases.js';
import { amountKind, atKind, extraKind, prefixed, tenantKind, textKind, type ColumnKind } from './columns.js';
import type { Spec } from './factors.js';

export interface EntityClass {
  new (): Record<string, unknown>;
  readonly prototype: object;
}
/** Which rows there are: what hooks and steps speak of. */
export const ROLES = ['item', 'group', 'member', 'note', 'tag', 'link', 'detail'] as const;
export type Role = (typeof ROLES)[number];

export interface Model {
  readonly spec: Spec;
  readonly database: DatabaseType;
  /** The class of each role that this model has. */
  readonly classes: Readonly<Partial<Record<Role, EntityClass>> & Record<'item' | 'group' | 'member', EntityClass>>;
  /** Rows of the same tables that are none of theirs. */
  readonly siblings: Readonly<Partial<Record<'item' | 'group', EntityClass>>>;
  readonly entities: readonly EntityClass[];
  readonly subscribers: readonly (new () => EntitySubscriberInterface)[];
  /** Columns of an item that may be written, by property. */
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** Properties of an item that its view shows. */
  readonly shown: readonly string[];
  /** Gives a new row the key that the database does not. */
  readonly keyed: (role: Role, index: number) => Record<string, unknown>;
}

type Decorator = PropertyDecorator;

class Builder {
  readonly entities: EntityClass[] = [];

  constructor(
    private readonly spec: Spec,
    private readonly prefix: string,
  ) {}

  /** A class with the decorated properties, as an entity unless it is the child of one. */
  define(name: string, properties: Readonly<Record<string, Decorator | readonly Decorator[] | undefined>>, base?: EntityClass, decorator?: ClassDecorator): EntityClass {
    const full = this.prefix + name;
    const type = emptyClass(base);
    Object.defineProperty(type, 'name', { value: full });
    for (const [property, decorators] of Object.entries(properties))
      for (const one of [decorators ?? []].flat<(Decorator | readonly Decorator[])[]>()) one(type.prototype, property);
    (decorator ?? this.entity(name))(type);
    this.entities.push(type);
    return type;
  } // prettier-ignore

  entity(name: string): ClassDecorator {
    const { naming, schema } = this.spec;
    const own = schema === 'own' && name === 'Group' ? { schema: 'other' } : {};
    return Entity({ ...(naming === 'names' && { name: `The ${name}s of "${this.prefix}"`.replaceAll('"', '') }), ...own });
  } // prettier-ignore

  /** A column of a name of its own, where the model has such. */
  column(property: string, options: ColumnOptions): Decorator {
    return Column({ ...options, ...this.named(property) });
  }

  named(property: string): { name?: string } {
    return this.spec.naming === 'names' ? { name: `the ${property}` } : {};
  }
}

export function buildModel(spec: Spec, database: DatabaseType, prefix = 'M'): Model {
  const builder = new Builder(spec, prefix);
  const column = builder.column.bind(builder);
  const classes: Partial<Record<Role, EntityClass>> = {};
  const siblings: Partial<Record<'item' | 'group', EntityClass>> = {};
  const of = (role: Role) => (): EntityClass => classes[role] as EntityClass;
  const uniqueText: ColumnOptions = { type: 'varchar', length: 40 };

  // The group, its members, and what is like a group and is none.
  const groupProperties = {
    ...keyOf(spec.groupKey, builder),
    code: column('code', { ...uniqueText, unique: true }),
    open: column('open', { type: 'boolean', default: false }),
    owner: column('owner', { type: 'int', default: 0 }),
    members: OneToMany(of('member'), (row) => (row as { group: unknown }).group),
    deletedAt: spec.groupSoftDelete === 'yes' ? DeleteDateColumn(builder.named('deletedAt')) : undefined,
  };
  if (spec.groupInheritance === 'child') {
    const { members, ...own } = groupProperties;
    const party = builder.define('Party', own);
    TableInheritance({ column: { type: 'varchar', name: 'kind', length: 20 } })(party);
    classes.group = builder.define('Group', { members }, party, ChildEntity('group'));
    siblings.group = builder.define('Firm', {}, party, ChildEntity('firm'));
  } else classes.group = builder.define('Group', groupProperties);
  classes.member = builder.define('Member', {
    id: PrimaryGeneratedColumn(),
    userId: column('userId', { type: 'int' }),
    group: [ManyToOne(of('group'), (row) => (row as { members: unknown }).members, { nullable: true })],
  }); // prettier-ignore

  const columns: Record<string, ColumnKind> = {
    tenant: tenantKind(spec.tenant, database),
    text: textKind(spec.text, database),
    amount: amountKind(spec.amount, database),
    at: atKind(spec.at, database),
  };
  const extra = extraKind(spec.extra, database);
  if (extra) columns['extra'] = extra;

  const inverse = (property: string) => (row: unknown) => (row as Record<string, unknown>)[property];
  const properties: Record<string, Decorator | readonly Decorator[] | undefined> = { ...keyOf(spec.itemKey, builder) };
  const shown = Object.keys(properties).filter((name) => name !== 'key');
  for (const [name, { options }] of Object.entries(columns)) {
    properties[name] = column(name, { nullable: true, ...options });
    shown.push(name);
  }

  // To one.
  const groupOptions: RelationOptions = {
    nullable: true,
    ...(spec.groupLoading === 'eager' && { eager: true }),
    ...(spec.groupLoading === 'lazy' && { lazy: true }),
    ...(spec.groupDelete === 'cascade' && { onDelete: 'CASCADE', onUpdate: 'CASCADE' }),
    ...(spec.groupDelete === 'setNull' && { onDelete: 'SET NULL' }),
    ...(spec.groupReference === 'unconstrained' && { createForeignKeyConstraints: false }),
  };
  const referenced = spec.groupReference === 'code' ? { referencedColumnName: 'code' } : {};
  const hasColumn = spec.groupColumn === 'property';
  properties['group'] = [
    ManyToOne(of('group'), groupOptions),
    ...(hasColumn
      ? [JoinColumn({ name: 'groupId', ...referenced })]
      : spec.groupReference === 'code'
        ? [JoinColumn(referenced)]
        : []),
  ];
  if (hasColumn) {
    properties['groupId'] = Column({ ...groupKeyType(spec, database), name: 'groupId', nullable: true });
    shown.push('groupId');
  }

  // To many.
  const cascade = { none: false, insert: ['insert'], all: true } as const;
  if (spec.notes !== 'none') {
    properties['notes'] = OneToMany(of('note'), inverse('item'), { cascade: cascade[spec.noteCascade] as never });
    const orphans = { nullify: 'nullify', delete: 'delete', softDelete: 'soft-delete', disable: 'disable' } as const;
    classes.note = builder.define('Note', {
      id: PrimaryGeneratedColumn(),
      body: column('body', { type: 'varchar', length: 40, default: '' }),
      author: column('author', { type: 'int', default: 0 }),
      item: ManyToOne(of('item'), inverse('notes'), { nullable: true, orphanedRowAction: orphans[spec.notes] }),
      deletedAt: spec.noteSoftDelete === 'yes' ? DeleteDateColumn(builder.named('deletedAt')) : undefined,
    }); // prettier-ignore
  }
  if (spec.tags !== 'none') {
    const tagCascade = { cascade: cascade[spec.tagCascade] as never };
    const tagProperties: Record<string, Decorator | readonly Decorator[]> = {
      id: PrimaryColumn({ type: 'varchar', length: 20 }),
      label: column('label', { type: 'int', default: 0 }),
    };
    if (spec.tags === 'entity') {
      properties['links'] = OneToMany(of('link'), inverse('item'));
      classes.link = builder.define('Link', {
        id: PrimaryGeneratedColumn(),
        weight: column('weight', { type: 'int', default: 0 }),
        item: ManyToOne(of('item'), inverse('links'), { nullable: true }),
        tag: ManyToOne(of('tag'), { nullable: true }),
      });
    } else {
      const isOwned = spec.tags === 'owned';
      properties['tags'] = [ManyToMany(of('tag'), inverse('items'), tagCascade), ...(isOwned ? [JoinTable()] : [])];
      tagProperties['items'] = [ManyToMany(of('item'), inverse('tags')), ...(isOwned ? [] : [JoinTable()])];
    }
    classes.tag = builder.define('Tag', tagProperties);
  }
  if (spec.detail !== 'none') {
    const isOwning = spec.detail === 'owning';
    properties['detail'] = [
      OneToOne(of('detail'), inverse('item'), { nullable: true }),
      ...(isOwning ? [JoinColumn()] : []),
    ];
    classes.detail = builder.define('Detail', {
      id: PrimaryGeneratedColumn(),
      owner: column('owner', { type: 'int', default: 0 }),
      item: [OneToOne(of('item'), inverse('detail'), { nullable: true }), ...(isOwning ? [] : [JoinColumn()])],
    });
  }

  // What TypeORM or the database fills in.
  if (spec.times === 'version') properties['version'] = VersionColumn(builder.named('version'));
  if (spec.times === 'dates') {
    properties['createdAt'] = CreateDateColumn(builder.named('createdAt'));
    properties['updatedAt'] = UpdateDateColumn(builder.named('updatedAt'));
    shown.push('createdAt', 'updatedAt');
  }
  if (spec.itemSoftDelete === 'yes') properties['deletedAt'] = DeleteDateColumn(builder.named('deletedAt'));
  if (spec.hidden !== 'none') properties['secret'] = column('secret', { type: 'varchar', length: 20, select: false, default: 'hush' }); // prettier-ignore
  if (spec.index !== 'none') {
    properties['serial'] = [
      column('serial', { type: 'int', nullable: true }),
      Index({ unique: true, ...(spec.index === 'partial' && { where: partialCondition(spec) }) }),
    ];
    columns['serial'] = { options: { type: 'int' }, values: [1, 2, 3, 4, 5, 6, 7, null] };
    shown.push('serial');
  }
  if (spec.embedded !== 'none') {
    properties['place'] = Column(() => placeClass(spec, builder), spec.embedded === 'unprefixed' ? { prefix: false } : {}); // prettier-ignore
    shown.push('place');
  }
  if (spec.listeners === 'entity') {
    properties['stamp'] = column('stamp', { type: 'int', default: 0 });
    shown.push('stamp');
  }
  if (spec.computed === 'virtual') {
    properties['computed'] = VirtualColumn({ type: 'int', query: () => 'SELECT 40 + 2' });
  }
  if (spec.computed === 'generated') {
    const source = builder.named('counted').name ?? (spec.naming === 'strategy' ? 'x_counted' : 'counted');
    properties['counted'] = column('counted', { type: 'int', default: 20 });
    const quote = database === 'mariadb' ? '`' : '"';
    properties['computed'] = column('computed', { type: 'int', asExpression: `${quote}${source}${quote} * 2`, generatedType: 'STORED', nullable: true, insert: false, update: false }); // prettier-ignore
  }
  if (spec.computed !== 'none') shown.push('computed');

  // The item itself; where it is one of several kinds, all in one table.
  const treeProperties = treeOf(spec, of('item'));
  if (spec.itemInheritance === 'none') {
    classes.item = builder.define('Item', { ...properties, ...treeProperties });
    treeDecoratorOf(spec)?.(classes.item);
  } else if (spec.itemInheritance === 'parent') {
    classes.item = builder.define('Item', { ...properties, ...treeProperties });
    treeDecoratorOf(spec)?.(classes.item);
    TableInheritance({ column: { type: 'varchar', name: 'kind', length: 20 } })(classes.item);
    siblings.item = builder.define('Special', { more: Column({ type: 'int', nullable: true }) }, classes.item, ChildEntity('special')); // prettier-ignore
  } else {
    const base = builder.define('Thing', { ...keyOf(spec.itemKey, builder), tenant: properties['tenant'] });
    TableInheritance({ column: { type: 'varchar', name: 'kind', length: 20 } })(base);
    const { tenant: _, ...own } = properties;
    for (const key of Object.keys(keyOf(spec.itemKey, builder))) delete own[key];
    classes.item = builder.define('Item', { ...own, ...treeProperties }, base, ChildEntity('item'));
    siblings.item = builder.define('Other', {}, base, ChildEntity('other'));
  }
  addMethods(classes.item, spec);

  return {
    spec,
    database,
    classes: classes as Model['classes'],
    siblings,
    entities: builder.entities,
    subscribers: spec.listeners === 'subscriber' ? [subscriberOf(classes.item)] : [],
    columns,
    shown,
    keyed: (role, index) => keyed(spec, role, index),
  };
}

/** A class to be decorated. */
export function emptyClass(base: EntityClass = Object as never): EntityClass {
  return class extends base {};
}

function keyOf(kind: Spec['itemKey'] | Spec['groupKey'], builder: Builder): Record<string, Decorator> {
  switch (kind) {
    case 'increment':
      return { id: PrimaryGeneratedColumn() };
    case 'uuid':
      return { id: PrimaryGeneratedColumn('uuid') };
    case 'natural':
      return { id: PrimaryColumn({ type: 'varchar', length: 30, ...builder.named('id') }) };
    case 'bigint':
      return { id: PrimaryColumn({ type: 'bigint', ...builder.named('id') }) };
    case 'date':
      return { id: PrimaryColumn({ type: 'date', ...builder.named('id') }) };
    case 'transformed':
      return { id: PrimaryColumn({ type: 'int', transformer: prefixed, ...builder.named('id') }) };
    case 'composite':
      return {
        k1: PrimaryColumn({ type: 'int', ...builder.named('k1') }),
        k2: PrimaryColumn({ type: 'varchar', length: 10, ...builder.named('k2') }),
      };
  }
}

function keyed(spec: Spec, role: Role, index: number): Record<string, unknown> {
  const kind = role === 'item' ? spec.itemKey : role === 'group' ? spec.groupKey : role === 'tag' ? 'natural' : 'increment'; // prettier-ignore
  switch (kind) {
    case 'increment':
    case 'uuid':
      return {};
    case 'natural':
      return { id: `${role} ${index}'` };
    case 'bigint':
      return { id: String(4_503_599_627_370_496n + BigInt(index)) };
    case 'date':
      return { id: new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10) };
    case 'transformed':
      return { id: `p-${index + 1}` };
    case 'composite':
      return { k1: Math.floor(index / 2), k2: `k${index % 2}` };
  }
}

function groupKeyType(spec: Spec, database: DatabaseType): ColumnOptions {
  if (spec.groupReference === 'code') return { type: 'varchar', length: 40 };
  if (spec.groupKey === 'uuid') return { type: database === 'better-sqlite3' ? 'varchar' : 'uuid' };
  return spec.groupKey === 'natural' ? { type: 'varchar', length: 30 } : { type: 'int' };
}

function partialCondition({ naming }: Spec): string {
  const name = naming === 'names' ? 'the serial' : naming === 'strategy' ? 'x_serial' : 'serial';
  return `"${name}" > 3`;
}

function placeClass(spec: Spec, builder: Builder): EntityClass {
  const [Point, Place] = [emptyClass(), emptyClass()];
  Column({ type: 'int', nullable: true })(Point.prototype, 'x');
  Column({ type: 'varchar', length: 20, nullable: true, ...builder.named('city') })(Place.prototype, 'city');
  Column({ type: 'int', nullable: true })(Place.prototype, 'zip');
  if (spec.embedded === 'nested') Column(() => Point)(Place.prototype, 'point');
  return Place;
}

function treeOf({ itemTree }: Spec, item: () => EntityClass): Record<string, Decorator> {
  const parentOf = (row: unknown): unknown => (row as { parent: unknown }).parent;
  const childrenOf = (row: unknown): unknown => (row as { children: unknown }).children;
  if (itemTree === 'none') return {};
  if (itemTree !== 'self') {
    // The tree's own decorators read the type of the property.
    const typed =
      (decorator: Decorator): Decorator =>
      (target, key) => {
        Reflect.defineMetadata('design:type', Object, target, key);
        decorator(target, key);
      };
    return { parent: typed(TreeParent()), children: typed(TreeChildren()) };
  }
  return {
    parent: ManyToOne(item, childrenOf, { nullable: true }),
    children: OneToMany(item, parentOf),
  };
}

function treeDecoratorOf({ itemTree }: Spec): ClassDecorator | undefined {
  if (itemTree === 'closure') return Tree('closure-table');
  return itemTree === 'path' ? Tree('materialized-path') : undefined;
}

function addMethods(item: EntityClass, spec: Spec): void {
  const { prototype } = item as { prototype: Record<string, unknown> };
  if (spec.computed === 'getter') {
    Object.defineProperty(prototype, 'computed', {
      get(this: Record<string, unknown>) {
        return `${String(this['text'])}!`;
      },
      enumerable: true,
      configurable: true,
    });
  }
  if (spec.computed === 'afterLoad') {
    prototype['afterLoad'] = function (this: Record<string, unknown>) {
      this['computed'] = `${String(this['text'])}?`;
    };
    AfterLoad()(prototype, 'afterLoad');
  }
  if (spec.listeners === 'entity') {
    prototype['stampIt'] = function (this: Record<string, unknown>) {
      this['stamp'] = (typeof this['stamp'] === 'number' ? this['stamp'] : 0) + 1;
    };
    BeforeInsert()(prototype, 'stampIt');
    BeforeUpdate()(prototype, 'stampIt');
  }
}

function subscriberOf(item: EntityClass): new () => EntitySubscriberInterface {
  return class implements EntitySubscriberInterface {
    listenTo(): EntityClass {
      return item;
    }
    beforeInsert({ entity }: { entity: Record<string, unknown> }): void {
      if (entity['text'] === 'a') entity['text'] = 'ab';
    }
  };
}
