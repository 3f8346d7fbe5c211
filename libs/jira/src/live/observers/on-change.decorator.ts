// `@OnChange(Entity)`: a method of any provider that listens to committed changes.

import type { Type } from '@nestjs/common';
import type { Names } from '../../core/support/known-names.js';
import type { ChangeType } from '../../core/changes/change.js';

export interface OnChangeOptions<E extends object> {
  /** Makes the method's second argument from the row. @default `{ pk }` */
  serialize?(this: void, row: E, type: ChangeType): unknown;
  /** Name of the data source that holds the entity. @default the one that has it */
  readonly dataSource?: string;
  /** Calls the method in every process that shares the change log, instead of in one. @default false */
  readonly everywhere?: boolean;
}

/** Their names, checked at boot. */
export const ON_CHANGE_OPTIONS: Names<OnChangeOptions<object>> = {
  serialize: true,
  dataSource: true,
  everywhere: true,
};

export interface ChangeListenerMark {
  readonly member: string;
  readonly entity: Type<object>;
  readonly options: OnChangeOptions<object>;
}

const MARKS = new WeakMap<object, ChangeListenerMark[]>();

/**
 * Calls the method after each committed change of an entity, in commit order, one at a time, with the change and its
 * serialized row. Of processes that share a change log one calls it, so that mails, and what it sends by `JiraServer`, go
 * out once: the one that committed, or another if that one has no such method. It is not called if that process dies
 * before. What it throws is logged; neither the writer nor anybody else learns of it. What it sends is not checked
 * against anybody's `visibility`.
 *
 * @example
 * @OnChange(Issue, { serialize: (issue) => ({ title: issue.title }) })
 * announce(change: Change<Issue>, data: unknown) { this.jira.emit('news', data, { room: 'lobby' }); }
 */
export function OnChange<E extends object>(entity: Type<E>, options: OnChangeOptions<E> = {}): MethodDecorator {
  return (prototype, member) => {
    const marks = MARKS.get(prototype) ?? [];
    MARKS.set(prototype, [...marks, { member: String(member), entity, options }]);
  };
}

/** Marks of an instance's class and of its bases; an override is called by its base's mark. */
export function changeListenersOf(instance: object): ChangeListenerMark[] {
  const found: ChangeListenerMark[] = [];
  for (let proto = protoOf(instance); proto; proto = protoOf(proto)) found.push(...(MARKS.get(proto) ?? []));
  return found;
}

function protoOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}
