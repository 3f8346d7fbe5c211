// What an action returns → what is sent of it: rows never go out as they are.

import type { Type } from '@nestjs/common';
import { isAnyArrayBuffer } from 'node:util/types';
import { Answer } from '../core/scope/answer.js';
import type { HookScope } from '../core/scope/scope.js';
import { checkView } from '../policy/serialization/check-classes.js';
import { outputViewOf } from '../policy/serialization/output-view.js';

/** Shows one row to a caller. Throws an Error that names the cure where nothing says what is shown of it. */
export type ShowRow = (row: object, scope: HookScope) => unknown;

/** Port: which objects are rows. TypeORM's is the edge. */
export abstract class RowViews {
  /**
   * How rows of the class are shown where an action of this host returns them; `undefined` for a class that is no
   * entity's. Called for every object of an answer.
   */
  abstract of(type: unknown, host: object): ShowRow | undefined;
}

export type ShowResult = (result: unknown, scope: HookScope) => unknown;

/** Methods whose results are shown already. */
const SHOWN = new WeakSet<object>();

/** Says so of a method; an override is looked through again. */
export function Shown(): MethodDecorator {
  return (_prototype, _name, { value }) => void SHOWN.add(value as object);
}

/** Whether the method is one of the library's own, which answers what is shown already. */
export function isShown(method: object): boolean {
  return SHOWN.has(method);
}

/**
 * How the results of a method are shown; `undefined` = as they are.
 *
 * @param output of the action: a class, `false` for results as they are, `undefined` for rows as their hooks show them
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

/** What JSON would look through. */
function jsonOf(value: object): object {
  const { toJSON } = value as { toJSON?: unknown };
  const json: unknown = typeof toJSON === 'function' ? toJSON.call(value) : value;
  return typeof json === 'object' && json !== null ? json : {};
}
