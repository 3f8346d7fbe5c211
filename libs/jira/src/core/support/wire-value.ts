// Data that JSON cannot hold as it is.

/** A copy with bigints as strings. Throws a TypeError for what has no JSON at all: a circle. */
export function wireValue(value: unknown): unknown {
  return JSON.parse(wireText(value));
}

/** As JSON, bigints as strings. Throws a TypeError for a circle. */
export function wireText(value: unknown): string {
  return JSON.stringify(value, withoutBigInts) ?? 'null';
}

function withoutBigInts(_key: string, part: unknown): unknown {
  return typeof part === 'bigint' ? String(part) : part;
}

/**
 * Hands a frame over; if its data cannot be encoded, hands it over once more with bigints as strings. Looking at every
 * frame beforehand would cost each answer what hardly any needs.
 */
export function sendEncodable<F extends { readonly data: unknown }>(frame: F, send: (frame: F) => void): void {
  try {
    send(frame);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    send({ ...frame, data: wireValue(frame.data) });
  }
}
