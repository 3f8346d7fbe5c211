import { describe, expect, it } from 'vitest';
import { isPerUser } from './per-user.js';

const ofRow = (row: unknown): unknown => row;
const ofCaller = (row: unknown, scope: unknown): unknown => [row, scope];
const wrapped = (...args: unknown[]): unknown => args;

describe('a serialize', () => {
  it('is shared with one parameter, and per user with more', () => {
    expect(isPerUser(ofRow, {}, 'x')).toBe(false);
    expect(isPerUser(ofCaller, {}, 'x')).toBe(true);
  });

  it('is what is declared, whatever its parameters', () => {
    for (const serialize of [ofRow, ofCaller, wrapped])
      for (const serializesPerUser of [true, false])
        expect(isPerUser(serialize, { serializesPerUser, audience: () => '' }, 'x')).toBe(serializesPerUser);
  });

  it('reads the caller where an audience is named', () => {
    for (const serialize of [ofRow, ofCaller, wrapped])
      expect(isPerUser(serialize, { audience: () => '' }, 'x')).toBe(true);
  });

  it('without parameters needs a declaration', () => {
    expect(() => isPerUser(wrapped, {}, 'IssueHook')).toThrow(
      'IssueHook has a serialize() without parameters (a decorator wraps it, or it takes rest arguments), so whether it ' +
        'reads the caller is unknown. Declare "serializesPerUser": true, or false if everyone is sent the same.',
    );
  });
});
