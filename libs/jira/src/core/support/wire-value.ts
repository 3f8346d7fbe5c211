// Encodes values that JSON cannot hold.

/** A copy with bigints as strings. @throws TypeError for a circular reference */
export function wireValue(value: unknown): unknown {
  return JSON.parse(wireText(value));
}

/** The value as JSON, with bigints as strings. @throws TypeError for a circular reference */
export function wireText(value: unknown): string {
  return JSON.stringify(value, withoutBigInts) ?? 'null';
}

function withoutBigInts(_key: string, part: unknown): unknown {
  return typeof part === 'bigint' ? String(part) : part;
}

/**
 * Sends a frame; if its data cannot be encoded, sends it again with bigints as strings. Hardly any frame needs that, and
 * checking every frame first would slow down each answer.
 */
export function sendEncodable<F extends { readonly data: unknown }>(frame: F, send: (frame: F) => void): void {
  try {
    send(frame);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    send({ ...frame, data: wireValue(frame.data) });
  }
}
