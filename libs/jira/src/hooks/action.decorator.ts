// `@Action()`: clients may call this method. They can call nothing else.

import type { Type } from '@nestjs/common';
import type { Method } from 'nestjs-jira-protocol';
import type { Names } from '../core/support/known-names.js';
import { isStandardSchema } from '../core/support/standard-schema.js';
import type { Pagination } from '../policy/pagination/pagination.js';
import type { PermissionSpec } from '../policy/permissions/permission.js';
import type { InputType } from '../policy/serialization/input.js';
import { MemberMarks } from './member-marks.js';

export interface ActionOptions {
  /** The protocol methods it accepts. @default ['GET'] */
  readonly methods?: readonly Method[];
  /** Its name on the wire. @default the method's name */
  readonly name?: string;
  /** Whether it works on one object, named by the lookup key in the query. @default false */
  readonly detail?: boolean;
  /**
   * Class that validates the request's `data`, or a schema of Zod, Valibot, ArkType or another library that implements
   * Standard Schema; or a function of the hook, for base classes whose subclasses choose.
   */
  readonly input?: InputSource;
  /** Validation groups for `input`; validators without a group always apply. @default none: all validators apply */
  readonly groups?: readonly string[];
  /**
   * Class the result is shown through, each item of a list or stream by itself. `false` sends what the method returns as it
   * is, rows included.
   *
   * @default what the method returns; rows in it as the hook of their entity shows them
   */
  readonly output?: Type<object> | false;
  /** Permissions checked in addition to the global ones and the hook's. */
  readonly permissions?: readonly PermissionSpec[];
  /** Permissions checked in place of the hook's; the global ones still apply. */
  readonly replacePermissions?: readonly PermissionSpec[];
  /** Pagination of its lists; `null` returns bare arrays. @default the hook's */
  readonly pagination?: Type<Pagination> | null;
  /** @default the limit `actionTimeoutMs` */
  readonly timeoutMs?: number;
  /** What a call weighs against the limit `userWeightPerSecond`, beside its query. @default 0 */
  readonly cost?: number;
  /** Status of a successful answer. @default 200, or 204 if the method returns nothing */
  readonly status?: number;
  /** Whether it runs in a transaction. @default true for POST, PUT, PATCH and DELETE */
  readonly transaction?: boolean;
}

/** Their names, checked at boot. */
export const ACTION_OPTIONS: Names<ActionOptions> = {
  methods: true, name: true, detail: true, input: true, groups: true, output: true, permissions: true,
  replacePermissions: true, pagination: true, timeoutMs: true, cost: true, status: true, transaction: true,
}; // prettier-ignore

export type InputSource = InputType | ChosenInput;

/** An input that each hook chooses, at each request. */
export interface ChosenInput {
  of(hook: object, method: Method): InputChoice | undefined;
}

export interface InputChoice {
  readonly type: InputType;
  readonly isPartial: boolean;
  readonly groups?: readonly string[];
  /** Whether it sets the fields of a row. @default false */
  readonly isRow?: boolean;
}

export function isChosenInput(input: InputSource): input is ChosenInput {
  return !isStandardSchema(input) && 'of' in input;
}

interface ActionMark extends ActionOptions {
  readonly isHidden?: boolean;
}

const MARKS = new MemberMarks<ActionMark>('An action');

/** Marks a method as callable. Its first parameter is the request's `ActionScope`; its return value is the answer. */
export function Action(options: ActionOptions = {}): MethodDecorator {
  return (prototype, name) => MARKS.add(prototype, name, options);
}

/** Hides an inherited action: the method stays, but clients cannot call it. */
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

/** The actions of an instance, from its whole prototype chain; the most derived mark of a name wins. */
export function actionsOf(hook: object): FoundAction[] {
  return [...MARKS.of(hook)]
    .filter(([, { isHidden }]) => !isHidden)
    .map(([member, options]) => ({ member, name: options.name ?? member, options }));
}
