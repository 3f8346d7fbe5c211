// Every undocumented member of @nestjs/core and @nestjs/common that the library uses, and why. No other file reaches behind
// their types: if a version renames a member, only this file changes.

import * as constants from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { ApplicationConfig, ExternalContextCreator } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { assertMembers, hasMethod, type PrivateMember } from './support/private-members.js';

/** The peer range. All members have the same names in both major versions. */
const NEST_VERSIONS = '^11.0.0 || ^12.0.0';

/** What Nest's own decorators write, and where its scanner looks for classes that are called from outside. */
export const {
  ENTRY_PROVIDER_WATERMARK,
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PARAMTYPES_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
  SELF_DECLARED_DEPS_METADATA,
} = constants;

/** The kinds of parameters in metadata, and the context of a guard where Nest creates none itself. */
export { ExecutionContextHost, RouteParamtypes };

interface CreatorMembers {
  readonly handlerMetadataStorage?: object;
  readonly container?: { readonly applicationConfig?: ApplicationConfig };
}

/** Holds the global guards, pipes, interceptors and filters, and the WebSocket adapter. No provider offers them. */
export function applicationConfigOf(creator: ExternalContextCreator): ApplicationConfig | undefined {
  return (creator as unknown as CreatorMembers).container?.applicationConfig;
}

/** The same creator, but it returns what interceptors return. Nest would wait for the last value of an Observable. */
export function withoutWaiting(creator: ExternalContextCreator): ExternalContextCreator {
  return Object.create(creator, {
    transformToResult: { value: (result: unknown) => result },
  }) as ExternalContextCreator;
}

/**
 * The same creator without its cache of a method's parameters. Nest 11 keys it by the names of class and method alone, and
 * would give one wrapping of an action the parameters of another.
 */
export function withoutMemory(creator: ExternalContextCreator): ExternalContextCreator {
  return Object.create(creator, {
    handlerMetadataStorage: { value: { get: () => undefined, set: () => undefined } },
  }) as ExternalContextCreator;
}

const CONSTANTS = {
  ENTRY_PROVIDER_WATERMARK,
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PARAMTYPES_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
  SELF_DECLARED_DEPS_METADATA,
};
const PARAMETERS = ['REQUEST', 'BODY', 'QUERY', 'PARAM', 'HEADERS', 'IP'] as const;
const GLOBALS = ['Guards', 'Pipes', 'Interceptors', 'Filters'].flatMap((kind) => [`getGlobal${kind}`, `getGlobalRequest${kind}`]); // prettier-ignore

const COMMON: readonly PrivateMember<unknown>[] = [
  ...Object.entries(CONSTANTS).map(([name, value]) => ({ name, isThere: () => typeof value === 'string' })),
  ...PARAMETERS.map((name) => ({
    name: `RouteParamtypes.${name}`,
    isThere: () => typeof RouteParamtypes[name] === 'number',
  })),
];
const CORE: readonly PrivateMember<ExternalContextCreator>[] = [
  {
    name: 'ExecutionContextHost.setType',
    isThere: () => hasMethod(ExecutionContextHost.prototype, 'setType'),
  },
  { name: 'ExternalContextCreator.transformToResult', isThere: (creator) => hasMethod(creator, 'transformToResult') },
  {
    name: 'ExternalContextCreator.handlerMetadataStorage',
    isThere: (creator) => hasMethod((creator as unknown as CreatorMembers).handlerMetadataStorage, 'get'),
  },
  { name: 'ExternalContextCreator.container', isThere: (creator) => applicationConfigOf(creator) !== undefined },
  ...[...GLOBALS, 'getIoAdapter'].map((name) => ({
    name: `ApplicationConfig.${name}`,
    isThere: (creator: ExternalContextCreator) => hasMethod(applicationConfigOf(creator), name),
  })),
];

/** @throws ConfigurationError that names what the installed Nest lacks */
export function assertNest(creator: ExternalContextCreator): void {
  assertMembers('@nestjs/common', NEST_VERSIONS, COMMON, undefined);
  assertMembers('@nestjs/core', NEST_VERSIONS, CORE, creator);
}
