// Short ids that are unique across clients: a random prefix and a counter.

/** Returns a function that returns a new id with every call. */
export function ids(): () => string {
  const prefix = Array.from(randomParts(), (part) => part.toString(36)).join('');
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}

/** Ids must differ between the connections of a server. They need not be hard to guess. */
function randomParts(): Iterable<number> {
  // Browsers provide randomUUID on https pages only. React Native provides neither function.
  const { crypto } = globalThis as { crypto?: { getRandomValues?(parts: Uint32Array): Uint32Array } };
  if (crypto?.getRandomValues) return crypto.getRandomValues(new Uint32Array(2));
  return [Date.now(), Math.floor(Math.random() * 2 ** 32)];
}
