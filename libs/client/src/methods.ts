// The method of a call, if the application names none. If the guess is wrong, the server's answer names the right one.

import { isMethod, type AnswerFrame, type Method } from 'nestjs-jira-protocol';
import type { Call } from './call.js';

/** The methods of the standard actions. */
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
  /** What the server named, by namespace and action. */
  private readonly learned = new Map<string, Method>();

  of(namespace: string, action: string): Method {
    return this.learned.get(nameOf(namespace, action)) ?? METHOD_OF.get(action) ?? 'POST';
  }

  /** Whether the method of this action is a guess. */
  isAssumed(action: string): boolean {
    return !METHOD_OF.has(action);
  }

  /** Returns the method to retry with, if the answer refuses a guessed one. The server has not run such a request. */
  learn({ namespace, action, isMethodAssumed }: Call, { status, data }: AnswerFrame): Method | undefined {
    if (status !== 405 || !isMethodAssumed) return undefined;
    const allow = (data as { allow?: unknown } | null | undefined)?.allow;
    // A call has no callbacks for a subscription.
    const method = Array.isArray(allow) ? allow.find((one) => isMethod(one) && one !== 'SUBSCRIPTION') : undefined;
    if (method !== undefined) this.learned.set(nameOf(namespace, action), method);
    return method;
  }
}

function nameOf(namespace: string, action: string): string {
  return JSON.stringify([namespace, action]);
}
