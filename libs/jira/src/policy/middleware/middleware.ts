// Middleware: the onion around every request.

import { Injectable } from '@nestjs/common';
import type { Answer } from '../../core/scope/answer.js';
import type { HookScope } from '../../core/scope/scope.js';

/** Calls the next middleware or the action; resolves with its answer, rejects with its error. */
export type Next = () => Promise<Answer>;

/**
 * One layer of middleware. Return the result of `next()` (changed if you like), or a value without calling `next()` to answer
 * with it at once. Returning nothing without calling `next()` is an error: the request would have no answer.
 */
export interface JiraMiddleware {
  use(scope: HookScope, next: Next): Promise<unknown>;
}

export interface MiddlewareOptions {
  /** Its order: the lowest is outermost. Priorities in one list must differ. @default after those with a priority, in listed order */
  readonly priority?: number;
  /**
   * Applies only to actions whose `namespace/action` begins with a match. Compared once at boot, never with what a
   * client sends: no request can make it slow. @default all
   */
  readonly pattern?: RegExp | string;
}

const OPTIONS = new WeakMap<object, MiddlewareOptions>();

/**
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

export type MiddlewareFunction = (scope: HookScope, next: Next) => Promise<unknown>;
