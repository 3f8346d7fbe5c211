// Nest's guards, pipes, interceptors, filters and parameter decorators around actions, through its ExternalContextCreator.

import { Logger, type ContextType } from '@nestjs/common';
import {
  applicationConfigOf,
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
  withoutMemory,
  withoutWaiting,
} from '../../core/nest-internals.js';
import type { ApplicationConfig, ContextId, ExternalContextCreator } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { describeThrown, exceptionOf } from '../../core/errors/thrown.js';
import { errorAnswer, type ErrorTranslator } from '../../core/errors/error-answer.js';
import type { ActionBody, ActionEnhancement, ActionEnhancers } from '../../hooks/enhancers.js';
import { SCOPE_ARGUMENT } from '../../hooks/request-decorators.js';
import type { Handler } from '../../policy/middleware/compose.js';
import { Answer } from '../../core/scope/answer.js';
import type { HookScope } from '../../core/scope/scope.js';
import { dataInputsOf, validateMember } from './data-inputs.js';
import { interceptedBody } from './intercepted-body.js';
import { nestClient } from './nest-client.js';
import { paramsFactory } from './nest-params.js';
import { contextOf } from './request-context.js';

type Kind = 'guards' | 'pipes' | 'interceptors' | 'filters';
type Callback = (...args: unknown[]) => unknown;

const METADATA: Readonly<Record<Kind, string>> = {
  guards: GUARDS_METADATA,
  pipes: PIPES_METADATA,
  interceptors: INTERCEPTORS_METADATA,
  filters: EXCEPTION_FILTERS_METADATA,
};
const NOTHING = { guards: false, interceptors: false, filters: false };
/** A parameter that no method has: it runs pipes on data that no parameter takes. */
const DATA_METADATA = 'jira:data';
const DATA_INDEX = 255;
const BODY = 3;

/** One action of a hook whose class Nest has scanned. */
export interface EnhancedAction {
  readonly hook: object;
  readonly member: string;
  /** Whether none of the hook's enhancers is request-scoped. */
  readonly isStatic: boolean;
  /** Creates the hook's request-scoped enhancers for one request. */
  load(contextId: ContextId): Promise<unknown>;
  /** Translators of database errors: they give a filter's answer its status. */
  readonly translators: readonly ErrorTranslator[];
}

export class NestEnhancers {
  private readonly logger = new Logger('Jira');
  private readonly globals?: ApplicationConfig;

  private readonly creator: ExternalContextCreator;

  constructor(creator: ExternalContextCreator) {
    this.creator = withoutMemory(creator);
    this.globals = applicationConfigOf(creator);
  }

  /** The action's enhancers; `undefined` if there are none. */
  of(action: EnhancedAction): ActionEnhancement | undefined {
    if (action.isStatic) {
      const enhancers = this.enhancers(action);
      return Object.keys(enhancers).length > 0 ? enhancers : undefined;
    }
    return async (scope) => {
      const contextId = contextOf(scope, (request, id) => this.creator.registerRequestProvider(request, id));
      await action.load(contextId);
      return this.enhancers(action, contextId);
    };
  }

  private enhancers(action: EnhancedAction, contextId?: ContextId): ActionEnhancers {
    const has = (kind: Kind): boolean => contextId !== undefined || this.has(kind, action);
    const params = paramsOf(action);
    return {
      ...(has('filters') && { filter: this.filter(action, contextId) }),
      ...(has('guards') && { guard: this.guard(action, contextId) }),
      ...(has('interceptors') && { intercept: this.intercept(action, contextId) }),
      ...(params.length > 0 && { argumentsOf: this.argumentsOf(action, contextId) }),
      ...(params.length === 0 && has('pipes') && { transformData: this.transformData(action, contextId) }),
    };
  }

  private has(kind: Kind, { hook, member }: EnhancedAction): boolean {
    const key = METADATA[kind];
    const isDeclared = Reflect.hasMetadata(key, hook.constructor) || Reflect.hasMetadata(key, methodOf(hook, member));
    return isDeclared || !this.globals || globalsOf(this.globals)[kind].length > 0;
  }

  private guard(action: EnhancedAction, contextId?: ContextId): (scope: HookScope) => Promise<unknown> {
    return this.wrap(action, () => undefined, { ...NOTHING, guards: true }, contextId);
  }

  private intercept(action: EnhancedAction, contextId?: ContextId) {
    const unawaited = withoutWaiting(this.creator);
    return (inner: ActionBody): ActionBody =>
      interceptedBody(inner, (run) => this.wrap(action, run, { ...NOTHING, interceptors: true }, contextId, unawaited));
  }

  private argumentsOf(action: EnhancedAction, contextId?: ContextId): (scope: HookScope) => Promise<unknown[]> {
    const takesScope = !paramsOf(action).some(({ index }) => index === 0);
    const call = this.create(action, (...args) => args, NOTHING, contextId, ROUTE_ARGS_METADATA);
    const members = dataInputsOf(action.hook, action.member);
    return async (scope) => {
      const args = (await call(...contextArguments(scope))) as unknown[];
      for (const member of members) args[member.index] = await validateMember(member, args[member.index]);
      if (takesScope) args[0] = scope;
      return args;
    };
  }

  private transformData(action: EnhancedAction, contextId?: ContextId): (scope: HookScope) => Promise<unknown> {
    const { hook, member } = action;
    const param = { [`${BODY}:${DATA_INDEX}`]: { index: DATA_INDEX, data: undefined, pipes: [] } };
    Reflect.defineMetadata(DATA_METADATA, param, hook.constructor, member);
    const call = this.create(action, (...args) => args[DATA_INDEX], NOTHING, contextId, DATA_METADATA);
    return (scope) => call(...contextArguments(scope));
  }

  private filter(action: EnhancedAction, contextId?: ContextId) {
    return (inner: Handler): Handler => {
      const failures = new WeakMap<HookScope, { readonly error: unknown }>();
      const attempt = async (scope: HookScope): Promise<Answer> => {
        try {
          return await inner(scope);
        } catch (error) {
          failures.set(scope, { error });
          throw error;
        }
      };
      const call = this.wrap(action, attempt, { ...NOTHING, filters: true }, contextId);
      return async (scope) => {
        try {
          const said = await call(scope);
          if (said instanceof Answer) return said;
          const { error } = failures.get(scope) ?? {};
          const data = isObservable(said) ? await lastValueFrom(said, { defaultValue: undefined }) : said;
          if (data === undefined) throw error;
          return data instanceof Answer ? data : new Answer(errorAnswer(error, '', action.translators).status, data);
        } catch (error) {
          throw this.verdict(error, failures.get(scope));
        }
      };
    };
  }

  /** A filter may throw another exception. But if a filter breaks, such as one written for HTTP, the first exception remains. */
  private verdict(thrown: unknown, failure: { readonly error: unknown } | undefined): unknown {
    if (!failure || thrown === failure.error || exceptionOf(thrown)) return thrown;
    this.logger.warn(`An exception filter failed: ${describeThrown(thrown)}`);
    return failure.error;
  }

  private wrap(
    action: EnhancedAction,
    run: (scope: HookScope) => unknown,
    options: typeof NOTHING,
    contextId?: ContextId,
    creator = this.creator,
  ): (scope: HookScope) => Promise<unknown> {
    const callback = (...args: unknown[]): unknown => run(args[SCOPE_ARGUMENT] as HookScope);
    const call = this.create(action, callback, options, contextId, undefined, creator);
    return (scope) => call(...contextArguments(scope));
  }

  private create(
    { hook, member }: EnhancedAction,
    callback: Callback,
    options: typeof NOTHING,
    contextId?: ContextId,
    metadataKey?: string,
    creator = this.creator,
  ): (...args: unknown[]) => Promise<unknown> {
    const standIn = withMetadataOf(methodOf(hook, member), callback);
    const params = metadataKey === undefined ? undefined : paramsFactory;
    const type: ContextType = 'ws';
    return creator.create(hook, standIn, member, metadataKey, params, contextId, undefined, options, type);
  }
}

/** Copies a handler's metadata to the callback, because guards read it from the function that they get. */
function withMetadataOf(method: Callback, callback: Callback): Callback {
  for (const key of Reflect.getMetadataKeys(method) as unknown[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), callback);
  return Object.defineProperty(callback, 'name', { value: method.name });
}

/** Client, data, scope and pattern, as `switchToWs()` expects them. `switchToHttp().getRequest()` returns the client. */
function contextArguments(scope: HookScope): unknown[] {
  return [nestClient(scope), scope.data, scope, `${scope.namespace}/${scope.action}`];
}

function paramsOf({ hook, member }: EnhancedAction): { index: number }[] {
  const metadata = Reflect.getMetadata(ROUTE_ARGS_METADATA, hook.constructor, member) as object | undefined;
  return Object.values(metadata ?? {}) as { index: number }[];
}

function methodOf(hook: object, member: string): Callback {
  return (hook as Record<string, Callback>)[member];
}

function globalsOf(config: ApplicationConfig): Record<Kind, readonly unknown[]> {
  return {
    guards: [...config.getGlobalGuards(), ...config.getGlobalRequestGuards()],
    pipes: [...config.getGlobalPipes(), ...config.getGlobalRequestPipes()],
    interceptors: [...config.getGlobalInterceptors(), ...config.getGlobalRequestInterceptors()],
    filters: [...config.getGlobalFilters(), ...config.getGlobalRequestFilters()],
  };
}
