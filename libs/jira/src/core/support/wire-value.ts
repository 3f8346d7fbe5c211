// Data that JSON cannot hold as it is.

/** A copy with bigints as strings. Throws a TypeError for what has no JSON at all: a circle. */
export function wireValue(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
  return text === undefined ? null : JSON.parse(text);
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
