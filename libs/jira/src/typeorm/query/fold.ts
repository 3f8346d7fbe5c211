// The one rule by which text lookups ignore case.

/**
 * Unicode lower case of the root locale, with the two small sigmas made one (lower case alone picks one by position, so
 * that a part of a word would not match the word).
 */
export function fold(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}
