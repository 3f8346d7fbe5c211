// `@Action()`: clients may call this method. They can call no others.

import type { Type } from '@nestjs/common';
import type { Method } from 'nestjs-jira-protocol';
import type { Names } from '../core/support/known-names.js';
import { isStandardSchema } from '../core/support/standard-schema.js';
import type { Pagination } from '../policy/pagination/pagination.js';
import type { PermissionSpec } from '../policy/permissions/permission.js';
import type { InputType } from '../policy/serialization/input.js';
import { MemberMarks } from './member-marks.js';

/** Options of `@Action()`. */
export interface ActionOptions {
  /** The protocol methods it accepts. @default ['GET'] */
  readonly methods?: readonly Method[];
  /** Its name on the wire. @default the method's name */
  readonly name?: string;
  /** Whether it acts on one object, which the query names by the lookup key. @default false */
  readonly detail?: boolean;
  /**
   * Validates the request's `data`: a class, or a schema of Zod, Valibot, ArkType or another library that implements Standard
   * Schema. Base classes whose subclasses choose pass a `ChosenInput`.
   *
   * @default `data` is not validated
   */
  readonly input?: InputSource;
  /** Validation groups for `input`; validators without a group always apply. @default none: all validators apply */
  readonly groups?: readonly string[];
  /**
   * Class through which the result is shown, each item of a list or a stream by itself. `false` sends the result as it is, rows
   * included.
   *
   * @default the result as it is, but rows in it as the hook of their entity shows them
   */
  readonly output?: Type<object> | false;
  /** Permissions checked in addition to the global ones and the hook's. @default none */
  readonly permissions?: readonly PermissionSpec[];
  /** Permissions checked in place of the hook's. The global ones still apply. @default the hook's */
  readonly replacePermissions?: readonly PermissionSpec[];
  /** Pagination of its lists; `null` returns bare arrays. @default the hook's */
  readonly pagination?: Type<Pagination> | null;
  /** Time until the answer, or until a stream's first item, in ms. @default the limit `actionTimeoutMs` */
  readonly timeoutMs?: number;
  /** Weight of a call against the limit `userWeightPerSecond`, besides its query's. @default 0 */
  readonly cost?: number;
  /** Status of a successful answer. @default 200, or 204 if the method returns nothing */
  readonly status?: number;
  /** Whether it runs in a transaction. @default true for POST, PUT, PATCH and DELETE, else false */
  readonly transaction?: boolean;
}

/** The names of the options, checked at boot. */
export const ACTION_OPTIONS: Names<ActionOptions> = {
  methods: true, name: true, detail: true, input: true, groups: true, output: true, permissions: true,
  replacePermissions: true, pagination: true, timeoutMs: true, cost: true, status: true, transaction: true,
}; // prettier-ignore

/** The `input` of an action: a class or a schema, or one that the hook chooses. */
export type InputSource = InputType | ChosenInput;

/** An input that the hook chooses for each request. */
export interface ChosenInput {
  /** Returns `undefined` if `data` is not validated. */
  of(hook: object, method: Method): InputChoice | undefined;
}

/** How `data` is validated. */
export interface InputChoice {
  readonly type: InputType;
  /** Whether fields may be absent, as in a PATCH. */
  readonly isPartial: boolean;
  /** Validation groups, as in class-validator. @default all validators apply */
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

/**
 * Lets clients call this method. The first parameter without a decorator is the request's `ActionScope`; the return value is the
 * answer.
 *
 * @example
 * @Action({ methods: ['POST'], detail: true, input: CloseIssue })
 * close(scope: ActionScope<CloseIssue>) { … }
 */
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
