// Short ids, unique among all clients: a random prefix and a counter.

/** Makes a function that gives a new id with every call. */
export function ids(): () => string {
  // Not randomUUID: browsers have it on https pages only.
  const random = crypto.getRandomValues(new Uint32Array(2));
  const prefix = Array.from(random, (part) => part.toString(36)).join('');
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}
