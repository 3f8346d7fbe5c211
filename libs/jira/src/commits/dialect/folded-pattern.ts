// Patterns for the database's own case-insensitive test, which an index can serve. They must match every text that
// `fold` finds: where the database may see a letter differently, the pattern matches any text.

import type { TextTest } from './dialect.js';

/** The ranges of code points with all letters that have case. Letters with case elsewhere are matched as any text. */
const CASED: readonly (readonly [number, number])[] = [
  [65, 1423], [4256, 4351], [5024, 5119], [7296, 7359], [7680, 9471], [11264, 11775], [42560, 44031], [65280, 65380],
  [66560, 67071], [68736, 69007], [71840, 71903], [93760, 93951], [125184, 125279],
]; // prettier-ignore

/** Letters whose lower case depends on their neighbours, or has more than one letter. */
const ALWAYS_ODD = 'Σσς\u0130\u0307';
const DOT = '\u0307';
/** A trigram index cannot search shorter texts. */
const SHORTEST = 3;

/**
 * A query for the letters whose two lower cases differ, each with its folded form.
 *
 * @param own the database's lower case of the letter `c`
 * @param folded the lower case by which texts are compared
 */
export function oddLettersSql(own: string, folded: string): string {
  const ranges = CASED.map(([from, to]) => `(${from}, ${to})`).join(', ');
  const letters = `SELECT chr(n) AS c FROM (VALUES ${ranges}) AS r (a, b), generate_series(a, b) n`;
  return `SELECT string_agg(c || ${folded}, '') AS odd FROM (${letters}) AS letters WHERE ${own} <> ${folded}`;
}

export class FoldedPatterns {
  private readonly odd: ReadonlySet<string>;

  /** @param odd the result of `oddLettersSql` */
  constructor(odd: string) {
    // "İ" folds to an i with a dot. That alone is no reason to doubt every i.
    this.odd = new Set([...odd.replaceAll('\u0130i', ''), ...ALWAYS_ODD]);
  }

  /** A case-insensitive LIKE pattern, escaped by `!`; undefined if it would match too much to be useful. */
  patternOf(test: TextTest | 'exact', value: string): string | undefined {
    const letters = [...value];
    const parts = letters.map((letter, i) => (this.isSure(letter, letters[i + 1]) ? escaped(letter) : '%'));
    const pattern = parts.join('');
    const isAnchored = (test === 'startswith' || test === 'exact') && letters.length > 0 && parts[0] !== '%';
    const isLong = pattern.split('%').some((part) => [...part].length >= SHORTEST);
    if (!isAnchored && !isLong) return undefined;
    const before = test === 'contains' || test === 'endswith' ? '%' : '';
    const after = test === 'contains' || test === 'startswith' ? '%' : '';
    return `${before}${pattern}${after}`;
  }

  private isSure(letter: string, next: string | undefined): boolean {
    const forms = [letter, ...letter.toLowerCase()];
    if (forms.some((form) => this.odd.has(form))) return false;
    // The i of "İ" is followed by its dot, or by the end of the value.
    if (letter.toLowerCase() === 'i' && (next === undefined || next === DOT)) return false;
    return !isCased(letter) || CASED.some(([from, to]) => isWithin(letter, from, to));
  }
}

function isCased(letter: string): boolean {
  return letter !== letter.toLowerCase() || letter !== letter.toUpperCase();
}

function isWithin(letter: string, from: number, to: number): boolean {
  const code = letter.codePointAt(0) ?? 0;
  return code >= from && code <= to;
}

function escaped(letter: string): string {
  return /[!%_]/.test(letter) ? `!${letter}` : letter;
}
