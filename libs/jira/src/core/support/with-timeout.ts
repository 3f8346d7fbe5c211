// Waiting with a time limit.

/** The promise's outcome, or that of `late` after the time limit. The promise is not cancelled; its later outcome is ignored. */
export async function withTimeout<T, Late>(promise: Promise<T>, ms: number, late: () => Late): Promise<T | Late> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))).then(late);
  try {
    return await Promise.race([promise, isLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when the promise does, or when the time is up. */
export async function atMost(ms: number, promise: Promise<unknown>): Promise<void> {
  await withTimeout(promise, ms, () => undefined);
}
