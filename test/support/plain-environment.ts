/** The environment without the variables that vitest and this test run set for their own child processes. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|NODE_OPTIONS|TEST)/.test(name)),
  );
}
