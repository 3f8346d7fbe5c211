/** In CI, random tests draw the same each time, so that only a change makes them fail. Elsewhere they draw anew. */
export const CI_SEED = 11;

/** The seed to draw with: the environment variable, else `CI_SEED` if CI is set, else the clock. */
export function seedOf(variable: string): number {
  return Number(process.env[variable] ?? (process.env['CI'] ? CI_SEED : Date.now() % 1_000_000));
}
