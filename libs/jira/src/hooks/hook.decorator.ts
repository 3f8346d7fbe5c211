// `@Hook('issues')`: this provider is the API of one namespace.

import { Injectable, type Type } from '@nestjs/common';
import { ENTRY_PROVIDER_WATERMARK } from '../core/nest-internals.js';
import type { Names } from '../core/support/known-names.js';
import { inheritMethodMetadata } from './inherited-metadata.js';
import type { RouteOptions } from './route-options.js';

/** Options of `@Hook()`. */
export interface HookOptions extends RouteOptions {
  /** Name of the data source that holds the hook's entity. @default the one data source that has the entity */
  readonly dataSource?: string;
}

/** The names of the options, checked at boot. */
export const HOOK_OPTIONS: Names<HookOptions> = { path: true, params: true, dataSource: true };

export interface HookMetadata extends HookOptions {
  readonly namespace: string;
}

const METADATA = new WeakMap<object, HookMetadata>();

/**
 * Registers a class as the hook of a namespace. List the class in the `providers` of its module.
 *
 * @example
 * @Hook('issues')
 * export class IssueHook extends ModelHook<Issue> { … }
 */
export function Hook(namespace: string, options: HookOptions = {}): ClassDecorator {
  return (target) => {
    Injectable()(target);
    // Nest marks gateways like this: it creates global request-scoped guards and pipes for such classes.
    Reflect.defineMetadata(ENTRY_PROVIDER_WATERMARK, true, target);
    inheritMethodMetadata(target.prototype as object);
    METADATA.set(target, { ...options, namespace });
  };
}

/** The `@Hook()` options of exactly this class: a subclass needs a `@Hook()` of its own. */
export function hookMetadata(target: Type<object> | object): HookMetadata | undefined {
  return METADATA.get(target);
}
