// A minimal WebSocket client: it sends and receives whole text frames, and nothing else.
//
// `ws` spends more on receiving a frame than the servers spend on sending one. With a thousand subscribers in one
// process, the figures would be the generator's, not the servers'. Here, all sockets share one buffer; nothing is queued.

import { connect, type Socket } from 'node:net';

// The example key and answer of RFC 6455, section 1.3: only the server has to prove that it knows the protocol.
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPTED = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const READ_BUFFER = Buffer.allocUnsafe(256 * 1024);
const MASK = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
const TEXT = 0x81;
const CLOSE = 0x88;

export interface FrameListener {
  onText(text: string): void;
  /** Called when the connection ends, for any reason. */
  onClose(reason: string): void;
}

export class FrameSocket {
  private readonly tcp: Socket;
  private isUpgraded = false;
  /** The first bytes of a frame that has not fully arrived. */
  private rest: Buffer | undefined;

  constructor(
    port: number,
    path: string,
    private readonly listener: FrameListener,
  ) {
    this.tcp = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: (length) => this.read(READ_BUFFER.subarray(0, length)) },
    });
    this.tcp.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
    );
    this.tcp.on('error', (error) => listener.onClose(error.message));
    this.tcp.on('close', () => listener.onClose('the connection ended'));
  }

  send(text: string): void {
    const length = Buffer.byteLength(text);
    const header = length < 126 ? 2 : 4;
    if (length > 0xffff) throw new Error('The load generator sends no frames of 64 KiB.');
    const frame = Buffer.allocUnsafe(header + 4 + length);
    frame[0] = TEXT;
    frame[1] = 0x80 | (header === 2 ? length : 126);
    if (header === 4) frame.writeUInt16BE(length, 2);
    frame.set(MASK, header);
    frame.write(text, header + 4);
    for (let i = 0; i < length; i++) {
      const at = header + 4 + i;
      frame[at] ^= MASK[i & 3];
    }
    this.tcp.write(frame);
  }

  close(): void {
    // An empty close frame: the server answers it and then ends the connection.
    this.tcp.write(Uint8Array.of(CLOSE, 0x80, ...MASK));
  }

  private read(chunk: Buffer): boolean {
    let bytes = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    if (!this.isUpgraded) bytes = this.readUpgrade(bytes);
    const end = this.isUpgraded ? this.readFrames(bytes) : 0;
    this.rest = end === bytes.length ? undefined : Buffer.from(bytes.subarray(end));
    return true;
  }

  private readUpgrade(bytes: Buffer): Buffer {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return bytes;
    const head = bytes.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 101') || !head.includes(ACCEPTED)) {
      this.tcp.destroy(new Error(`The server refused the upgrade: ${head.slice(0, 200)}`));
      return bytes;
    }
    this.isUpgraded = true;
    return bytes.subarray(end + 4);
  }

  /** Reads the complete frames; returns the offset of the first incomplete one. */
  private readFrames(bytes: Buffer): number {
    let at = 0;
    while (at + 2 <= bytes.length) {
      const kind = bytes[at];
      let length = bytes[at + 1] & 0x7f;
      let start = at + 2;
      if (length === 127) {
        this.tcp.destroy(new Error('The server sent a frame of 64 KiB or more.'));
        return bytes.length;
      }
      if (length === 126) {
        if (at + 4 > bytes.length) return at;
        length = bytes.readUInt16BE(at + 2);
        start = at + 4;
      }
      if (start + length > bytes.length) return at;
      // latin1 is the cheapest decoder, and it suffices: all rows of the benchmark are ASCII.
      if (kind === TEXT) this.listener.onText(bytes.toString('latin1', start, start + length));
      else if (kind === CLOSE) this.tcp.end();
      at = start + length;
    }
    return at;
  }
}
