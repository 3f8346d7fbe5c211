// `@Hook('issues')`: this provider is the API of one namespace.

import { Injectable, type Type } from '@nestjs/common';
import { ENTRY_PROVIDER_WATERMARK } from '../core/nest-internals.js';
import type { Names } from '../core/support/known-names.js';
import { inheritMethodMetadata } from './inherited-metadata.js';
import type { RouteOptions } from './route-options.js';

export interface HookOptions extends RouteOptions {
  /** Name of the data source that holds the hook's entity. @default the one data source that has the entity */
  readonly dataSource?: string;
}

/** Their names, checked at boot. */
export const HOOK_OPTIONS: Names<HookOptions> = { path: true, params: true, dataSource: true };

export interface HookMetadata extends HookOptions {
  readonly namespace: string;
}

const METADATA = new WeakMap<object, HookMetadata>();

/**
 * Registers a class as the hook of a namespace. List the class in the providers of its own module.
 *
 * @example
 * @Hook('issues')
 * export class IssueHook extends ModelHook<Issue> { … }
 */
export function Hook(namespace: string, options: HookOptions = {}): ClassDecorator {
  return (target) => {
    Injectable()(target);
    // As for gateways: global request-scoped guards and pipes are created for such classes.
    Reflect.defineMetadata(ENTRY_PROVIDER_WATERMARK, true, target);
    inheritMethodMetadata(target.prototype as object);
    METADATA.set(target, { ...options, namespace });
  };
}

/** The `@Hook` options of exactly this class; a subclass needs its own `@Hook`. */
export function hookMetadata(target: Type<object> | object): HookMetadata | undefined {
  return METADATA.get(target);
}
