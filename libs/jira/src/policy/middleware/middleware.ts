// The onion around every request.

import { Injectable } from '@nestjs/common';
import type { Answer } from '../../core/scope/answer.js';
import type { HookScope } from '../../core/scope/scope.js';

/** Calls what is further in; resolves with its answer, rejects with its error. */
export type Next = () => Promise<Answer>;

/**
 * One ring of the onion. Return what `next()` gave (perhaps changed), or a value without calling `next()` to answer
 * with it at once. Returning nothing without `next()` would leave the request unanswered and is an error.
 */
export interface JiraMiddleware {
  use(scope: HookScope, next: Next): Promise<unknown>;
}

export interface MiddlewareOptions {
  /** Its place: low is outermost. No two of one list may have the same. @default after those that have one, as listed */
  readonly priority?: number;
  /**
   * Surrounds only the actions whose `namespace/action` begins with a match. Compared once at boot, never with what a
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
