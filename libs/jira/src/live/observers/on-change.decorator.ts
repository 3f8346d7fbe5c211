// `@OnChange(Entity)`: marks a method of any provider that listens to committed changes.

import type { Type } from '@nestjs/common';
import type { Names } from '../../core/support/known-names.js';
import type { ChangeType } from '../../core/changes/change.js';

/** Options of `@OnChange()`. */
export interface OnChangeOptions<E extends object> {
  /** Makes the method's second argument from the row. @default `{ pk }` */
  serialize?(this: void, row: E, type: ChangeType): unknown;
  /** Name of the data source that has the entity. @default the only one that has it */
  readonly dataSource?: string;
  /** Calls the method in every process that shares the change log, instead of in one. @default false */
  readonly everywhere?: boolean;
}

/** The names of all options, for the check at boot. */
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
 * Calls the method after each committed change of an entity, in commit order, one at a time, with the change and the
 * serialized row.
 *
 * If several processes share a change log, one of them calls the method, so that mails, and what it sends through
 * `JiraServer`, go out once. That is the process that committed, or another if that one has no such method. If that
 * process dies first, the method is not called.
 *
 * Errors are logged; neither the writer nor any client learns of them. What the method sends is not checked against
 * anyone's `visibility`.
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

/** The marks of an instance's class and its bases. An override is called through the mark of its base. */
export function changeListenersOf(instance: object): ChangeListenerMark[] {
  const found: ChangeListenerMark[] = [];
  for (let proto = protoOf(instance); proto; proto = protoOf(proto)) found.push(...(MARKS.get(proto) ?? []));
  return found;
}

function protoOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}
