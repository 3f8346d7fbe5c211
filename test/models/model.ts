// What a model is: its classes, and what steps and hooks have to know of them.

import type { EntitySubscriberInterface } from 'typeorm';
import type { DatabaseType } from '../support/databases.js';
import type { ColumnKind } from './columns.js';
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
