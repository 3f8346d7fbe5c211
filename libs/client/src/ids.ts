// Short ids, unique among all clients: a random prefix and a counter.

/** Returns a function that makes a new id with every call. */
export function ids(): () => string {
  // Not randomUUID: browsers provide it on https pages only.
  const random = crypto.getRandomValues(new Uint32Array(2));
  const prefix = Array.from(random, (part) => part.toString(36)).join('');
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}
