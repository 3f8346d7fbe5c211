// Finds the known name that a misspelled one was meant to be.

/** Names shorter than this have neighbors that are words of their own. */
const LONG_NAME = 8;

/**
 * The known name that differs from this one by letter case, underscores, or one or two typing errors (a letter added,
 * missing or replaced, or two swapped); `undefined` if there is none.
 */
export function nearestName(name: string, known: Iterable<string>, maxSlips = 2): string | undefined {
  let nearest: { readonly name: string; readonly slips: number } | undefined;
  for (const one of known) {
    const maxDistance = one.length >= LONG_NAME ? maxSlips : 1;
    const slips = slipsBetween(plain(name), plain(one), maxDistance);
    if (slips <= maxDistance && slips < (nearest?.slips ?? Infinity)) nearest = { name: one, slips };
  }
  return nearest?.name;
}

/** Hint for an error about an unknown name: the nearest known name, or all of them. */
export function meant(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? `Use ${known.join(', ')}.` : `Did you mean "${nearest}"?`;
}

function plain(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}

/** Optimal string alignment distance, or any number above `maxDistance`. */
function slipsBetween(a: string, b: string, maxDistance: number): number {
  if (Math.abs(a.length - b.length) > maxDistance) return maxDistance + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const steps = [at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (isSame ? 0 : 1)];
      row.push(Math.min(...steps, ...(isSwapped ? [at(before, j - 2) + 1] : [])));
    }
    [before, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
