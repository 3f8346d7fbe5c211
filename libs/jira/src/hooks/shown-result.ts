// From an action's result to what is sent. Rows never go out as they are.

import type { Type } from '@nestjs/common';
import { isAnyArrayBuffer } from 'node:util/types';
import { Answer } from '../core/scope/answer.js';
import type { HookScope } from '../core/scope/scope.js';
import { checkView } from '../policy/serialization/check-classes.js';
import { outputViewOf } from '../policy/serialization/output-view.js';

/** Shows one row to a caller. @throws Error that names the cure if no view says what to show */
export type ShowRow = (row: object, scope: HookScope) => unknown;

/** Port: knows which objects are rows, and how to show them. */
export abstract class RowViews {
  /**
   * How an action of this host shows rows of the class; `undefined` if the class is not an entity. Called for every object in an
   * answer.
   */
  abstract of(type: unknown, host: object): ShowRow | undefined;
}

export type ShowResult = (result: unknown, scope: HookScope) => unknown;

/** Methods whose results are already shown. */
const SHOWN = new WeakSet<object>();

/** Marks a method whose result is already shown. The results of overrides are searched for rows. */
export function Shown(): MethodDecorator {
  return (_prototype, _name, { value }) => void SHOWN.add(value as object);
}

/** Whether the method is one of the library's own, whose result is already shown. */
export function isShown(method: object): boolean {
  return SHOWN.has(method);
}

/**
 * How the results of a method are shown; `undefined` = sent as they are.
 *
 * @param output the action's `output`: a class; `false` for results as they are; `undefined` to show rows as their hooks do
 */
export function showResult(
  method: object,
  output: Type<object> | false | undefined,
  views: RowViews | undefined,
  host: object,
): ShowResult | undefined {
  if (output === false || (output === undefined && (isShown(method) || !views))) return undefined;
  if (output) checkView(output, host.constructor.name);
  const show = output ? throughView(output) : throughHooks(views as RowViews, host);
  return (result, scope) => (result instanceof Answer ? answered(result, scope, show) : show(result, scope));
}

async function answered(answer: Answer, scope: HookScope, show: ShowResult): Promise<Answer> {
  answer.data = await show(answer.data, scope);
  return answer;
}

function throughView(output: Type<object>): ShowResult {
  const view = outputViewOf(output);
  const show = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(show);
    return typeof value === 'object' && value !== null ? view.serialize(value) : value;
  };
  return show;
}

function throughHooks(views: RowViews, host: object): ShowResult {
  const viewOf = (value: object): ShowRow | undefined => views.of(value.constructor, host);
  const hasRows = (value: unknown, seen: Set<object>): boolean => {
    if (!isLookedThrough(value) || seen.has(value)) return false;
    seen.add(value);
    return viewOf(value) !== undefined || Object.values(jsonOf(value)).some((member) => hasRows(member, seen));
  };
  const replaced = async (value: unknown, scope: HookScope): Promise<unknown> => {
    if (!hasRows(value, new Set())) return value;
    const object = value as object;
    const show = viewOf(object);
    if (show) return show(object, scope);
    const json = jsonOf(object);
    if (Array.isArray(json)) return Promise.all(json.map((item) => replaced(item, scope)));
    const entries = Object.entries(json).map(async ([name, member]) => [name, await replaced(member, scope)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  return (result, scope) => (isLookedThrough(result) ? replaced(result, scope) : result);
}

function isLookedThrough(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return !(value instanceof Date || ArrayBuffer.isView(value) || isAnyArrayBuffer(value));
}

/** The object that JSON would serialize. */
function jsonOf(value: object): object {
  const { toJSON } = value as { toJSON?: unknown };
  const json: unknown = typeof toJSON === 'function' ? toJSON.call(value) : value;
  return typeof json === 'object' && json !== null ? json : {};
}
