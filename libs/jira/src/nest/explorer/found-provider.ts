// Providers of the application that have a mark, as singletons, with the module that holds them.

import { Scope, type Type } from '@nestjs/common';
import { ModuleRef, type ContextId, type DiscoveryService } from '@nestjs/core';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { checkConstructorTypes } from './constructor-types.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

export interface FoundProvider<Metadata> {
  readonly instance: object;
  readonly metadata: Metadata;
  readonly moduleRef: ModuleRef;
  /** Whether none of its guards, pipes, interceptors and filters is request-scoped. */
  readonly isStatic: boolean;
  /** Creates its request-scoped enhancers for one request. */
  readonly load: (contextId: ContextId) => Promise<unknown>;
}

/**
 * Every provider whose class has this metadata, in any module. Each is returned once.
 *
 * @param what what they are, for messages to developers: "hooks", "event handlers"
 * @throws ConfigurationError if one of them is request-scoped, or Nest cannot know the types of its constructor
 */
export async function findProviders<Metadata>(
  discovery: DiscoveryService,
  metadataOf: (type: Type<object>) => Metadata | undefined,
  what: string,
): Promise<FoundProvider<Metadata>[]> {
  const found = new Map<object, FoundProvider<Metadata>>();
  for (const wrapper of discovery.getProviders()) {
    const type = wrapper.metatype as Type<object> | null;
    const metadata = type ? metadataOf(type) : undefined;
    const moduleRef = wrapper.host?.getProviderByKey<ModuleRef>(ModuleRef)?.instance;
    if (!type || metadata === undefined || !moduleRef || found.has(wrapper.instance as object)) continue;
    if (!isSingleton(wrapper))
      throw new ConfigurationError(
        type.name,
        `is request-scoped, or depends on a request-scoped provider, but ${what} are singletons.`,
        'Resolve such a provider in the method: await scope.resolve(Token).',
      );
    checkConstructorTypes(type);
    const isStatic = wrapper.isDependencyTreeStatic();
    // Nest creates no singleton of a class that has a request-scoped guard.
    const instance = isStatic ? (wrapper.instance as object) : await moduleRef.create(type);
    const load = (contextId: ContextId): Promise<unknown> => moduleRef.resolve(type, contextId, { strict: false });
    found.set(wrapper.instance as object, { instance, metadata, moduleRef, isStatic, load });
  }
  return [...found.values()];
}

/** Enhancers may be request-scoped; the class and what it injects may not. */
function isSingleton(wrapper: Wrapper): boolean {
  const properties = wrapper.getPropertiesMetadata() as readonly { wrapper: Wrapper }[] | undefined;
  const dependencies = [...(wrapper.getCtorMetadata() ?? []), ...(properties ?? []).map((one) => one.wrapper)];
  return wrapper.scope !== Scope.REQUEST && dependencies.every((one) => one.isDependencyTreeStatic());
}
