// Makes a member of a dependency disappear, as a new version might.

/** Hides the member from whoever reads it off the object or what inherits from it; writes to it are lost. Returns the undo. */
export function hide(object: object, name: string): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { configurable: true, get: () => undefined, set: () => {} });
  return () => {
    Reflect.deleteProperty(object, name);
    if (own) Object.defineProperty(object, name, own);
  };
}

/** What is thrown, as its message; undefined = nothing. */
export function messageOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
