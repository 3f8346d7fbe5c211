// Client patterns in RE2 syntax, matched in time linear in the text, whatever the pattern.

import { RE2JS } from 're2js';
import { Lru } from '../../core/support/lru.js';

/** Compile time grows with the length and the repetition counts, before the program's size can be measured. */
const MAX_CHARACTERS = 200;
const LARGE_COUNT = /\{\d*,?\d{3}/;
/** Instructions a pattern may compile to: `[a-z]{90}` makes ninety. */
const MAX_INSTRUCTIONS = 500;
/** Compiled patterns to cache. */
const MAX_KEPT = 200;

const compiled = new Lru<string, RE2JS>(MAX_KEPT);

/**
 * @param isFolded whether case is ignored, letter by letter (Unicode's simple folding)
 * @throws Error that says what is wrong: its syntax, which includes look-around and back-references, or its size
 */
function compilePattern(source: string, isFolded: boolean): RE2JS {
  const key = (isFolded ? 'i' : ' ') + source;
  let pattern = compiled.get(key);
  if (!pattern) {
    if (source.length > MAX_CHARACTERS) throw new Error(`it has more than ${MAX_CHARACTERS} characters`);
    if (LARGE_COUNT.test(source)) throw new Error('it repeats too much');
    pattern = RE2JS.compile(source, isFolded ? RE2JS.CASE_INSENSITIVE : 0);
    if (pattern.programSize() > MAX_INSTRUCTIONS) throw new Error('it repeats too much');
    compiled.set(key, pattern);
  }
  return pattern;
}

/** What is wrong with a pattern, as a sentence for the client; `undefined` if it is valid. */
export function patternFault(source: string, isFolded: boolean): string | undefined {
  try {
    compilePattern(source, isFolded);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'unreadable';
    return `Must be a valid RE2 pattern: ${message}.`;
  }
}

/** Whether the pattern is found anywhere in the text. */
export function matchesPattern(source: string, isFolded: boolean, text: string): boolean {
  return compilePattern(source, isFolded).test(text);
}
