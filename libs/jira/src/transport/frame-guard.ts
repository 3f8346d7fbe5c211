// Checks a frame before any code reads it: it must be JSON, limited in depth and keys.

import { publishRefusal } from '../core/diagnostics/diagnostics.js';

export interface FrameBounds {
  readonly jsonDepth: number;
  readonly jsonKeys: number;
}

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Returns why the value is refused, or `undefined`. Visits each key once, and never recurses deeper than allowed. */
export function faultOfValue(value: unknown, bounds: FrameBounds): string | undefined {
  let keys = 0;
  const tooMany = (): string => refused('jsonKeys', `The frame has more than ${bounds.jsonKeys} keys and array items.`);
  const look = (part: unknown, depth: number): string | undefined => {
    if (typeof part !== 'object' || part === null) return undefined;
    if (depth > bounds.jsonDepth)
      return refused('jsonDepth', `The frame is nested deeper than ${bounds.jsonDepth} levels.`);
    if (Array.isArray(part)) {
      keys += part.length;
      if (keys > bounds.jsonKeys) return tooMany();
      for (const item of part) {
        const fault = look(item, depth + 1);
        if (fault) return fault;
      }
      return undefined;
    }
    const prototype: unknown = Object.getPrototypeOf(part);
    if (prototype !== Object.prototype && prototype !== null) return 'The frame contains binary data; send JSON.';
    for (const key of Object.keys(part)) {
      if (++keys > bounds.jsonKeys) return tooMany();
      if (FORBIDDEN_KEYS.has(key)) return `The key "${key}" is not allowed.`;
      const fault = look((part as Record<string, unknown>)[key], depth + 1);
      if (fault) return fault;
    }
    return undefined;
  };
  return look(value, 0);
}

function refused(limit: keyof FrameBounds, fault: string): string {
  publishRefusal(limit);
  return fault;
}
