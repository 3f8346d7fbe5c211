// `@Action()`: this method may be called from outside. Nothing unmarked may.

import type { Type } from '@nestjs/common';
import type { Method } from 'nestjs-jira-protocol';
import type { Pagination } from '../policy/pagination/pagination.js';
import type { PermissionSpec } from '../policy/permissions/permission.js';
import { MemberMarks } from './member-marks.js';

export interface ActionOptions {
  /** Methods that may call it. @default ['GET'] */
  readonly methods?: readonly Method[];
  /** Its name on the wire. @default the method's name */
  readonly name?: string;
  /** It works on one object, named by the lookup key in the query. @default false */
  readonly detail?: boolean;
  /** Class the request's `data` is validated against; or a function of the hook, for bases whose subclasses choose. */
  readonly input?: InputSource;
  /** Validation groups that `input` is read by; validators without a group hold in any. @default none: all validators hold */
  readonly groups?: readonly string[];
  /**
   * Class the result is shown through, each item of a list or stream by itself. `false` sends what the method returns as it
   * is, rows included.
   *
   * @default what the method returns; rows in it as the hook of their entity shows them
   */
  readonly output?: Type<object> | false;
  /** Asked in addition to the global ones and the hook's. */
  readonly permissions?: readonly PermissionSpec[];
  /** Asked instead of the hook's; the global ones are still asked. */
  readonly replacePermissions?: readonly PermissionSpec[];
  /** How it cuts its lists; `null` answers bare arrays. @default as its hook does */
  readonly pagination?: Type<Pagination> | null;
  /** @default the limit `actionTimeoutMs` */
  readonly timeoutMs?: number;
  /** Status of a success. @default 200, or 204 when nothing is returned */
  readonly status?: number;
  /** Whether it runs in a transaction. @default true for POST, PUT, PATCH and DELETE */
  readonly transaction?: boolean;
}

export type InputSource = Type<object> | { of(hook: object, method: Method): InputChoice | undefined };

export interface InputChoice {
  readonly type: Type<object>;
  readonly isPartial: boolean;
  readonly groups?: readonly string[];
}

interface ActionMark extends ActionOptions {
  readonly isHidden?: boolean;
}

const MARKS = new MemberMarks<ActionMark>('An action');

/** Marks a method as callable. Its first parameter is the request's `ActionScope`; what it returns is the answer. */
export function Action(options: ActionOptions = {}): MethodDecorator {
  return (prototype, name) => MARKS.add(prototype, name, options);
}

/** Hides an inherited action: the method stays, nobody can call it from outside. */
export function NotAction(): MethodDecorator {
  return (prototype, name) => MARKS.add(prototype, name, { isHidden: true });
}

export interface FoundAction {
  /** Name of the method. */
  readonly member: string;
  /** Name on the wire. */
  readonly name: string;
  readonly options: ActionOptions;
}

/** The actions of an instance: marks of the whole prototype chain, the most derived mark of a name deciding. */
export function actionsOf(hook: object): FoundAction[] {
  return [...MARKS.of(hook)]
    .filter(([, { isHidden }]) => !isHidden)
    .map(([member, options]) => ({ member, name: options.name ?? member, options }));
}
