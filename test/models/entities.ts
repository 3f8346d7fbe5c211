// The classes of a model: TypeORM's decorators, applied to classes that are made here.

import {
  ChildEntity,
  Column,
  CreateDateColumn,
  DeleteDateColumn,
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
  UpdateDateColumn,
  VersionColumn,
  VirtualColumn,
  type ColumnOptions,
  type RelationOptions,
} from 'typeorm';
import type { DatabaseType } from '../support/databases.js';
import { Builder, type Decorator } from './builder.js';
import { amountKind, atKind, extraKind, tenantKind, textKind, type ColumnKind } from './columns.js';
import type { Spec } from './factors.js';
import { addMethods, placeClass, subscriberOf, treeDecoratorOf, treeOf } from './item-parts.js';
import { groupKeyType, keyed, keyOf } from './keys.js';
import type { EntityClass, Model, Role } from './model.js';

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

function partialCondition({ naming }: Spec): string {
  const name = naming === 'names' ? 'the serial' : naming === 'strategy' ? 'x_serial' : 'serial';
  return `"${name}" > 3`;
}
