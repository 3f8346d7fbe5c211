/** Random tests draw the same in CI each time, so that it fails by what was changed; elsewhere they draw anew. */
export const CI_SEED = 11;

/** The seed to draw with: what the environment variable says, else the one of CI, else the clock's. */
export function seedOf(variable: string): number {
  return Number(process.env[variable] ?? (process.env['CI'] ? CI_SEED : Date.now() % 1_000_000));
}
