// How text lookups ignore case, in memory and on SQLite.

/**
 * Lower case by Unicode's root locale, with `ς` as `σ`. `toLowerCase()` picks the form of sigma by its position, so a
 * part of a word would not match the word.
 */
export function fold(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}
