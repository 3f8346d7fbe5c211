// How much every registry of an application holds: each Map, Set and array that its objects have, by its path.

/** Deep enough for the parts of a provider's parts. */
const DEPTH = 5;

/** Sizes by `Class.field`; those of several objects of one class are added up. Empty ones count as 0. */
export function sizesOf(instances: readonly unknown[]): Record<string, number> {
  const sizes: Record<string, number> = {};
  const seen = new Set<object>();
  const visit = (value: unknown, depth: number): void => {
    if (!isOurs(value) || seen.has(value) || depth > DEPTH) return;
    seen.add(value);
    for (const [field, part] of Object.entries(value)) {
      const size = sizeOf(part);
      const name = `${value.constructor.name}.${field}`;
      if (size === undefined) visit(part, depth + 1);
      else sizes[name] = (sizes[name] ?? 0) + size;
    }
  };
  for (const instance of instances) visit(instance, 0);
  return sizes;
}

function sizeOf(value: unknown): number | undefined {
  if (value instanceof Map || value instanceof Set) return value.size;
  return Array.isArray(value) ? value.length : undefined;
}

/**
 * Objects of classes: what belongs to Node, the database or the network has its own checks, and so has the history, which
 * grows with what is written until it meets its bounds.
 */
function isOurs(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const { constructor } = value;
  return typeof constructor === 'function' && !FOREIGN.test(constructor.name);
}

const FOREIGN =
  /^(History|DataSource|.*Driver|.*QueryRunner|Module|Nest.*|Express.*|Server|Namespace|Socket|Server.*|Timeout|Promise|Date|Logger|ConsoleLogger|InstanceWrapper|ModuleRef|Reflector|HttpAdapterHost|ModulesContainer)$/;
