// Constructors whose parameters have no types at run time: Nest would inject nothing, in silence.

import { PARAMTYPES_METADATA, SELF_DECLARED_DEPS_METADATA } from '../../core/nest-internals.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';

/** What `@Inject(Token)` said of a parameter. */
interface Named {
  readonly index: number;
}

/** @throws ConfigurationError when the class asks for what Nest cannot know: a compiler left the types out, or no decorator asked for them */
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
