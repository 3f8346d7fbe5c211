// The method of an action that the application does not name: the server says which ones the action takes.

import { isMethod, type AnswerFrame, type Method } from 'nestjs-jira-protocol';
import type { Call } from './call.js';

/** The ready-made actions. */
const METHOD_OF: ReadonlyMap<string, Method> = new Map([
  ['create', 'POST'],
  ['list', 'GET'],
  ['retrieve', 'GET'],
  ['update', 'PUT'],
  ['destroy', 'DELETE'],
  ['subscribe', 'SUBSCRIPTION'],
  ['unsubscribe', 'SUBSCRIPTION'],
]);

export class Methods {
  /** By namespace and action: what the server said. */
  private readonly learned = new Map<string, Method>();

  of(namespace: string, action: string): Method {
    return this.learned.get(nameOf(namespace, action)) ?? METHOD_OF.get(action) ?? 'POST';
  }

  /** Whether the method of such an action is a guess. */
  isAssumed(action: string): boolean {
    return !METHOD_OF.has(action);
  }

  /** The method to ask by instead, if the answer refuses one that was assumed. Such a request was not carried out. */
  learn({ namespace, action, isMethodAssumed }: Call, { status, data }: AnswerFrame): Method | undefined {
    if (status !== 405 || !isMethodAssumed) return undefined;
    const allow = (data as { allow?: unknown } | null | undefined)?.allow;
    // A subscription has callbacks, which a call has not.
    const method = Array.isArray(allow) ? allow.find((one) => isMethod(one) && one !== 'SUBSCRIPTION') : undefined;
    if (method !== undefined) this.learned.set(nameOf(namespace, action), method);
    return method;
  }
}

function nameOf(namespace: string, action: string): string {
  return JSON.stringify([namespace, action]);
}
