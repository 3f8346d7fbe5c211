// Refuses constructors whose parameters have no types at run time: Nest would silently inject nothing.

import { PARAMTYPES_METADATA, SELF_DECLARED_DEPS_METADATA } from '../../core/nest-internals.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';

/** What `@Inject(Token)` stored about a parameter. */
interface Named {
  readonly index: number;
}

/** @throws ConfigurationError if Nest cannot know a parameter's type: the compiler omits types, or the class has no decorator */
export function checkConstructorTypes(type: object): void {
  if (typeof type !== 'function' || type.length === 0 || Reflect.hasMetadata(PARAMTYPES_METADATA, type)) return;
  const named = (Reflect.getMetadata(SELF_DECLARED_DEPS_METADATA, type) ?? []) as readonly Named[];
  if (new Set(named.map(({ index }) => index)).size >= type.length) return;
  throw new ConfigurationError(
    type.name,
    'has a constructor whose parameters have no types at run time, so nothing would be injected.',
    'Mark the class with @Injectable() and compile with "emitDecoratorMetadata" (SWC: jsc.transform.decoratorMetadata; esbuild and tsx: a plugin such as unplugin-swc), or name what to inject: @Inject(Token).',
  );
}
