// Makes classes, and applies TypeORM's decorators to them.

import { Column, Entity, type ColumnOptions } from 'typeorm';
import type { Spec } from './factors.js';
import type { EntityClass } from './model.js';

export type Decorator = PropertyDecorator;

export class Builder {
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

/** A class to be decorated. */
export function emptyClass(base: EntityClass = Object as never): EntityClass {
  return class extends base {};
}
