import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResumeTokens } from './resume-tokens.js';

const SECRET = 'a secret of thirty-two characters';
const POSITION = 'u1dGkN0yQ8yqkWmT3bXc7g';
/** As many as the environment asks for, otherwise about one second's work. */
const FORGERIES = Number(process.env['RESUME_FORGERIES'] ?? 10_000);
const BINDING = ['epoch', '7', 'issues', 'shape'];

describe('a token to resume with', () => {
  const tokens = new ResumeTokens(SECRET);
  const token = tokens.sign(POSITION, BINDING);

  it('gives its position to every process with the same secret', () => {
    expect(new ResumeTokens(SECRET).read(token, BINDING)).toBe(POSITION);
  });

  it('gives nothing to a process with another secret, or with one of its own', () => {
    expect(new ResumeTokens(`${SECRET}.`).read(token, BINDING)).toBeUndefined();
    expect(new ResumeTokens().read(token, BINDING)).toBeUndefined();
    expect(new ResumeTokens().read(new ResumeTokens().sign(POSITION, BINDING), BINDING)).toBeUndefined();
  });

  it('gives nothing to another user, channel, form of rows or history', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.string()), { maxLength: 5 }), (binding) => {
        expect(tokens.read(token, binding)).toBe(
          JSON.stringify(binding) === JSON.stringify(BINDING) ? POSITION : undefined,
        );
      }),
    );
    for (let i = 0; i < BINDING.length; i++) expect(tokens.read(token, BINDING.with(i, 'other'))).toBeUndefined();
    // Neighbouring parts must not run together.
    expect(tokens.read(token, ['epoch7', '', 'issues', 'shape'])).toBeUndefined();
  });

  it('gives nothing once any part of it is altered', { timeout: 60_000 + FORGERIES }, () => {
    const characters = [...'ABCabc019-_+/= \u0000é'];
    const taken: string[] = [];
    let altered = 0;
    for (let seed = 0; altered < FORGERIES; seed++) {
      const at = seed % token.length;
      const code = token.charCodeAt(at) ^ (1 << ((seed >> 3) % 7));
      const forged = [
        token.slice(0, at) + String.fromCharCode(code) + token.slice(at + 1),
        token.slice(0, at) + characters[seed % characters.length] + token.slice(at + 1),
        token.slice(0, at) + characters[seed % characters.length] + token.slice(at),
        token.slice(0, at),
        token.slice(at + 1),
      ];
      for (const one of forged) {
        if (one === token) continue;
        altered++;
        if (tokens.read(one, BINDING) !== undefined) taken.push(one);
      }
    }
    expect(taken).toEqual([]);
  });

  it('is none when it is anything else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => tokens.read(text, BINDING) === undefined),
      { numRuns: 200 },
    );
  });
});
