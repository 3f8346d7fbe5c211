// Resume tokens: the position where a client stopped, signed for its user, its channel and the form of its rows.

import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Everything that must be the same when the client comes back. */
export type Binding = readonly (string | null)[];

/** Characters of the signature: 24 bytes. */
const SIGNATURE = 32;
/** Increase the number if the form of tokens changes. */
const VERSION = 'nestjs-jira resume 1';

export class ResumeTokens {
  private readonly key: Uint8Array;

  /** @param secret shared by all processes that read the tokens @default random: only this process can read them */
  constructor(secret: string | Buffer = randomBytes(32)) {
    this.key = new Uint8Array(hkdfSync('sha256', secret, '', VERSION, 32));
  }

  sign(position: string, binding: Binding): string {
    return this.signature(position, binding) + position;
  }

  /** The position, if the token was signed for that binding. Takes equally long whatever is wrong with the token. */
  read(token: string, binding: Binding): string | undefined {
    const position = token.slice(SIGNATURE);
    const expected = Buffer.from(this.signature(position, binding));
    const given = Buffer.alloc(SIGNATURE);
    given.write(token.slice(0, SIGNATURE), 'latin1');
    return timingSafeEqual(given, expected) && token.length > SIGNATURE ? position : undefined;
  }

  private signature(position: string, binding: Binding): string {
    const signed = JSON.stringify([position, ...binding]);
    return createHmac('sha256', this.key).update(signed).digest().subarray(0, 24).toString('base64url');
  }
}

/** The position that a token claims, without checking its signature. */
export function claimedPosition(token: string): string {
  return token.slice(SIGNATURE);
}
