// Positions as clients see them: opaque, so that nobody can count the commits of others.

import { createCipheriv, randomBytes } from 'node:crypto';

/** Encodes a commit's position: a sequence number within an epoch that begins with the log. */
export class PositionCodec {
  // ECB encrypts each block by itself, so one cipher serves all: a keyed permutation of the sequence.
  private readonly cipher = createCipheriv('aes-128-ecb', randomBytes(16), null).setAutoPadding(false);
  private readonly epoch = randomBytes(8);
  private last: { sequence: number; token: string } | undefined;

  /** The same sequence always gives the same token; tokens of neighbours look unrelated. */
  encode(sequence: number): string {
    if (this.last?.sequence === sequence) return this.last.token;
    const block = Buffer.alloc(16);
    this.epoch.copy(block);
    block.writeBigUInt64BE(BigInt(sequence), 8);
    const token = this.cipher.update(block).toString('base64url');
    this.last = { sequence, token };
    return token;
  }
}
