// Change frames for many sockets: encoded once, and written as the same bytes to every socket that is idle.

/** Events of one channel, in order, for one Socket.IO namespace. */
export interface SharedFrames {
  /** The texts that Engine.IO sends. */
  readonly texts: readonly string[];
  /** The same as complete WebSocket frames, one after the other, to write to a TCP socket. */
  readonly bytes: Buffer;
}

/** Engine.IO's type of a message. */
const MESSAGE = '4';
/** Socket.IO's type of an event. */
const EVENT = '2';

/** Larger writes are split, to limit what waits for one slow socket. */
const MAX_PIECE_BYTES = 64 * 1024;

/**
 * Encodes events once for many sockets, in pieces of limited size.
 *
 * @param nsp Socket.IO namespace, `/` for the root
 * @param events JSON of each event with its payload: `["issues",{…}]`
 */
export function sharedFrames(nsp: string, events: readonly string[]): SharedFrames[] {
  const head = `${EVENT}${nsp === '/' ? '' : `${nsp},`}`;
  const pieces: { texts: string[]; lengths: number[]; size: number }[] = [];
  for (const event of events) {
    const text = head + event;
    const length = Buffer.byteLength(text) + MESSAGE.length;
    const size = headerSize(length) + length;
    const last = pieces.at(-1);
    if (!last || last.size + size > MAX_PIECE_BYTES) pieces.push({ texts: [text], lengths: [length], size });
    else {
      last.texts.push(text);
      last.lengths.push(length);
      last.size += size;
    }
  }
  return pieces.map(({ texts, lengths, size }) => {
    const bytes = Buffer.allocUnsafe(size);
    let at = 0;
    for (const [i, text] of texts.entries()) at = writeFrame(bytes, at, MESSAGE + text, lengths[i] ?? 0);
    return { texts, bytes };
  });
}

/** One packet as a complete WebSocket frame. */
export function sharedFrame(text: string): Buffer {
  const length = Buffer.byteLength(text) + MESSAGE.length;
  const bytes = Buffer.allocUnsafe(headerSize(length) + length);
  writeFrame(bytes, 0, MESSAGE + text, length);
  return bytes;
}

function headerSize(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10;
}

/** Writes an unmasked, uncompressed text frame in one piece (RFC 6455, 5.2). Returns the offset of its end. */
function writeFrame(bytes: Buffer, at: number, text: string, length: number): number {
  const header = headerSize(length);
  bytes[at] = 0x81; // final, text
  if (header === 2) bytes[at + 1] = length;
  else if (header === 4) {
    bytes[at + 1] = 126;
    bytes.writeUInt16BE(length, at + 2);
  } else {
    bytes[at + 1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), at + 2);
  }
  return at + header + bytes.write(text, at + header);
}
