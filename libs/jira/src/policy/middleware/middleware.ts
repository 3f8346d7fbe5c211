// Middleware: the onion around every request.

import { Injectable } from '@nestjs/common';
import type { Answer } from '../../core/scope/answer.js';
import type { HookScope } from '../../core/scope/scope.js';

/** Calls the next middleware or the action. Resolves with its answer, rejects with its error. */
export type Next = () => Promise<Answer>;

/**
 * One layer of middleware. Return the result of `next()`, changed if you like. To answer at once, return a value and do not call
 * `next()`. If you return nothing and do not call `next()`, the request fails: it would have no answer.
 */
export interface JiraMiddleware {
  use(scope: HookScope, next: Next): Promise<unknown>;
}

/** Options of `@Middleware()`. */
export interface MiddlewareOptions {
  /** The lowest is outermost. Priorities in one list must differ. @default after those with a priority, in listed order */
  readonly priority?: number;
  /**
   * Applies only to actions whose `namespace/action` begins with a match. Matched once at boot, never against input of
   * clients, so no request can make it slow.
   *
   * @default all actions
   */
  readonly pattern?: RegExp | string;
}

const OPTIONS = new WeakMap<object, MiddlewareOptions>();

/**
 * Marks a class as middleware, and sets its order and the actions that it applies to.
 *
 * @example
 * @Middleware({ priority: 10, pattern: /issues\/(create|update)/ })
 * export class AuditTrail implements JiraMiddleware { … }
 */
export function Middleware(options: MiddlewareOptions = {}): ClassDecorator {
  return (target) => {
    Injectable()(target);
    OPTIONS.set(target, options);
  };
}

export function middlewareOptions(middleware: JiraMiddleware): MiddlewareOptions {
  return OPTIONS.get(middleware.constructor) ?? {};
}

/** Middleware as a function, for lists of middleware. */
export type MiddlewareFunction = (scope: HookScope, next: Next) => Promise<unknown>;
