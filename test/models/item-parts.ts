// What an item may have beside columns and relations: an embedded place, a tree, methods, a subscriber.

import {
  AfterLoad,
  BeforeInsert,
  BeforeUpdate,
  Column,
  ManyToOne,
  OneToMany,
  Tree,
  TreeChildren,
  TreeParent,
  type EntitySubscriberInterface,
} from 'typeorm';
import { emptyClass, type Builder, type Decorator } from './builder.js';
import type { Spec } from './factors.js';
import type { EntityClass } from './model.js';

export function placeClass(spec: Spec, builder: Builder): EntityClass {
  const [Point, Place] = [emptyClass(), emptyClass()];
  Column({ type: 'int', nullable: true })(Point.prototype, 'x');
  Column({ type: 'varchar', length: 20, nullable: true, ...builder.named('city') })(Place.prototype, 'city');
  Column({ type: 'int', nullable: true })(Place.prototype, 'zip');
  if (spec.embedded === 'nested') Column(() => Point)(Place.prototype, 'point');
  return Place;
}

export function treeOf({ itemTree }: Spec, item: () => EntityClass): Record<string, Decorator> {
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

export function treeDecoratorOf({ itemTree }: Spec): ClassDecorator | undefined {
  if (itemTree === 'closure') return Tree('closure-table');
  return itemTree === 'path' ? Tree('materialized-path') : undefined;
}

export function addMethods(item: EntityClass, spec: Spec): void {
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

export function subscriberOf(item: EntityClass): new () => EntitySubscriberInterface {
  return class implements EntitySubscriberInterface {
    listenTo(): EntityClass {
      return item;
    }
    beforeInsert({ entity }: { entity: Record<string, unknown> }): void {
      if (entity['text'] === 'a') entity['text'] = 'ab';
    }
  };
}
