// Values that were given.

/** Drops undefined values, so that `method: undefined` means the default. */
export function definedOf<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
