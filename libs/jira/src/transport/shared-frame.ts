// One change frame for many sockets: encoded once, written as the same bytes to each socket that is idle.

import { jsonText } from './json-text.js';

/** A Socket.IO event as text (what Engine.IO sends) and as one whole WebSocket frame (what a TCP socket is written). */
export interface SharedFrame {
  /** The Socket.IO namespace it is for. */
  readonly nsp: string;
  readonly text: string;
  readonly bytes: Buffer;
}

/** Engine.IO's type of a message. */
const MESSAGE = '4';
/** Socket.IO's type of an event. */
const EVENT = '2';

/** @param nsp Socket.IO namespace, `/` for the root */
export function sharedFrame(nsp: string, event: string, payload: unknown): SharedFrame {
  const args = [event, payload];
  const text = `${EVENT}${nsp === '/' ? '' : `${nsp},`}${jsonText(args) ?? JSON.stringify(args)}`;
  return { nsp, text, bytes: webSocketFrame(MESSAGE + text) };
}

/** An unmasked, uncompressed text frame in one piece (RFC 6455, 5.2). */
function webSocketFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81; // final, text
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header);
  return frame;
}
