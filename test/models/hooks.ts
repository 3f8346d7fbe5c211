// The hooks of a model: one for each entity that clients may name, all that may be filtered, written and seen.

import { Expose, Type } from 'class-transformer';
import { Allow, IsOptional, IsUUID } from 'class-validator';
import type { Provider } from '@nestjs/common';
import { Hook, ModelHook, type Dependency, type HookScope, type Visibility } from 'nestjs-jira';
import { emptyClass } from './builder.js';
import type { EntityClass, Model, Role } from './model.js';
import { relationsOf, ruleOf, targetOf, USERS, whereOf } from './rules.js';

export const NAMESPACES: Readonly<Partial<Record<Role, string>>> = {
  item: 'items',
  group: 'groups',
  note: 'notes',
  tag: 'tags',
  detail: 'details',
};

const RELATED_FIELDS: Readonly<Partial<Record<Role, readonly string[]>>> = {
  group: ['code', 'open', 'owner'],
  note: ['body', 'author', 'item'],
  tag: ['label'],
  detail: ['owner'],
};

export function hooksOf(model: Model): Provider[] {
  return (Object.keys(NAMESPACES) as Role[]).filter((role) => model.classes[role]).map((role) => hookOf(model, role));
}

function hookOf(model: Model, role: Role): Provider {
  const { input, output } = role === 'item' ? itemClasses(model) : relatedClasses(model, role);
  const columns = role === 'item' ? Object.keys(model.columns).filter((name) => name !== 'extra') : [];
  const dependencies = dependenciesOf(model, role);

  @Hook(NAMESPACES[role] as string)
  class DrawnHook extends ModelHook<Record<string, unknown>> {
    entity = model.classes[role] as EntityClass;
    createInput = input;
    output = output;
    override filterFields = Object.fromEntries(columns.map((name) => [name, ['exact']]));
    override dependsOn = dependencies;
    override visibility(scope: HookScope): Visibility<Record<string, unknown>> {
      return whereOf(ruleOf(model, role, scope.user.id as number)) as Visibility<Record<string, unknown>>;
    }
  }
  return DrawnHook;
}

class PointView {
  @Expose() x: number;
}
class PlaceView {
  @Expose() city: string;
  @Expose() zip: number;
  @Expose() @Type(() => PointView) point: PointView;
}

function itemClasses(model: Model): { input: EntityClass; output: EntityClass } {
  const [Input, Output] = [emptyClass(), emptyClass()];
  const relations = ['group', 'parent', 'notes', 'tags', 'detail'];
  const written = [...Object.keys(model.columns), 'id', 'k1', 'k2', 'place', 'groupId', ...relations];
  for (const name of written) {
    Allow()(Input.prototype, name);
    IsOptional()(Input.prototype, name);
    if (model.columns[name]?.isDate) Type(() => Date)(Input.prototype, name);
  }
  // Boot refuses any other text as a key of such a tree.
  if (model.spec.itemTree === 'path' && model.spec.itemKey === 'uuid') IsUUID()(Input.prototype, 'id');
  for (const name of model.shown) Expose()(Output.prototype, name);
  // A column with `select: false` is never shown, whatever the output exposes.
  if (model.spec.hidden === 'exposed') Expose()(Output.prototype, 'secret');
  if (model.spec.embedded !== 'none') Type(() => PlaceView)(Output.prototype, 'place');
  return { input: Input, output: Output };
}

function relatedClasses({ spec }: Model, role: Role): { input: EntityClass; output: EntityClass } {
  const [Input, Output] = [emptyClass(), emptyClass()];
  for (const name of RELATED_FIELDS[role] ?? []) {
    Allow()(Input.prototype, name);
    IsOptional()(Input.prototype, name);
    if (name !== 'item') Expose()(Output.prototype, name);
  }
  const keys = role === 'group' && spec.groupKey === 'composite' ? ['k1', 'k2'] : ['id'];
  for (const name of keys) Expose()(Output.prototype, name);
  return { input: Input, output: Output };
}

function dependenciesOf(model: Model, role: Role): Dependency[] {
  if (model.spec.dependsOn === 'none') return [];
  const roles = new Set<Role>();
  for (const user of USERS) follow(relationsOf(ruleOf(model, role, user)), role, roles);
  return [...roles].map((one): Dependency => {
    const entity = model.classes[one] as EntityClass;
    return one === 'member' ? { entity, users: (row) => [(row as { userId: number }).userId] } : { entity };
  });
}

function follow(relations: readonly string[], role: Role, into: Set<Role>): void {
  let from = role;
  for (const relation of relations) {
    // Alternatives begin at the row again.
    const isOfItem = relation !== 'members';
    from = targetOf(isOfItem ? role : from, relation);
    into.add(from);
  }
}
