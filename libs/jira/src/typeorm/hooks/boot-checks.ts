// Checks a configured hook over an entity, at boot.

import type { EntityMetadata } from 'typeorm';
import type { HookContext } from '../../hooks/base-hook.js';
import { assertOutputOf, type Shower } from './output-fields.js';
import { assertTreeKeys, type Writer } from './tree-keys.js';
import { warnOfVisibility, type WarnedHook } from './visibility-warnings.js';

/**
 * @param stock the prototype of hooks that override nothing
 * @throws ConfigurationError if the configuration must be a mistake
 */
export function checkAtBoot(
  hook: WarnedHook & Shower & Writer,
  metadata: EntityMetadata,
  stock: WarnedHook & Shower,
  context: HookContext,
): void {
  assertOutputOf(hook, metadata, stock, (message) => context.warn(message));
  assertTreeKeys(hook, metadata);
  warnOfVisibility(hook, hook.visibility === stock.visibility, context); // oxlint-disable-line typescript/unbound-method -- compared, not called
}
