// Namespace → hook → action. Filled once at boot; clients can call nothing else.

import { Injectable, type Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { Method } from 'nestjs-jira-protocol';
import { isReservedName } from 'nestjs-jira-protocol';
import { ConfigurationError } from '../core/errors/configuration.error.js';
import { JiraException } from '../core/errors/jira.exception.js';
import type { Handler } from '../policy/middleware/compose.js';
import type { ActionScope, HookScope } from '../core/scope/scope.js';
import type { ActionOptions } from './action.decorator.js';
import type { BaseHook } from './base-hook.js';
import type { InputType } from '../policy/serialization/input.js';

export type ScopeType = new (...args: ConstructorParameters<typeof ActionScope>) => HookScope;

/** The target of a request. */
export interface RequestTarget {
  readonly timeoutMs: number;
  /** Weight of a request, besides its query's. @default 0 */
  readonly cost?: number;
  /** Runs everything between the frame and the answer: middleware, permissions, input and action. */
  readonly handle: Handler;
  /** Whether a reserved request of the protocol counts as in flight, as requests of applications do. @default false */
  readonly isCounted?: boolean;
  /** @default ActionScope */
  readonly scopeType?: ScopeType;
}

export interface RegisteredAction extends RequestTarget {
  readonly name: string;
  readonly methods: ReadonlySet<Method>;
  /** Name of the method. */
  readonly member: string;
  readonly options: ActionOptions;
  /** Members of the data that are parameters of the method, with their classes. */
  readonly dataInputs: readonly DataMember[];
}

export interface DataMember {
  /** `undefined` for the data as a whole. */
  readonly key: string | undefined;
  readonly type: Type<object>;
}

export interface RegisteredHook {
  readonly namespace: string;
  readonly hook: BaseHook;
  /** Pattern of the only URL it can be reached at. */
  readonly path?: string;
  /** Class or schema of that URL's parameters. */
  readonly params?: InputType;
  /** Resolves providers of the module that holds the hook. */
  readonly moduleRef: ModuleRef;
  readonly actions: ReadonlyMap<string, RegisteredAction>;
}

@Injectable()
export class HookRegistry {
  private readonly hooks = new Map<string, RegisteredHook>();

  add(registered: RegisteredHook): void {
    const { namespace, hook } = registered;
    const name = hook.constructor.name;
    if (!namespace || isReservedName(namespace))
      throw new ConfigurationError(name, `has the reserved namespace "${namespace}".`, 'Choose another in @Hook().');
    const other = this.hooks.get(namespace);
    if (other)
      throw new ConfigurationError(
        name,
        `has the same namespace as ${other.hook.constructor.name}: "${namespace}".`,
        'Give each hook a namespace of its own in @Hook().',
      );
    this.hooks.set(namespace, registered);
  }

  has(namespace: string): boolean {
    return this.hooks.has(namespace);
  }

  get(namespace: string): RegisteredHook | undefined {
    return this.hooks.get(namespace);
  }

  all(): IterableIterator<RegisteredHook> {
    return this.hooks.values();
  }

  /** @throws JiraException `UNKNOWN_NAMESPACE`, `UNKNOWN_ACTION` or `METHOD_NOT_ALLOWED` */
  resolve(namespace: string, actionName: string, method: Method, path?: string): RegisteredAction {
    const hook = this.hooks.get(namespace);
    if (!hook || hook.path !== path) throw new JiraException('UNKNOWN_NAMESPACE', `Unknown namespace "${namespace}".`);
    const action = hook.actions.get(actionName);
    if (!action) throw new JiraException('UNKNOWN_ACTION', `"${namespace}" has no action "${actionName}".`);
    if (!action.methods.has(method)) {
      const allow = [...action.methods];
      const message = `"${actionName}" accepts ${allow.join(', ')}, not ${method}.`;
      throw new JiraException('METHOD_NOT_ALLOWED', message, { details: { allow } });
    }
    return action;
  }
}
