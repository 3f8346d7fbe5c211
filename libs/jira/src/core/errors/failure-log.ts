// Failures outside of requests: they are logged, and the server goes on.

import { ProblemLog } from './problem-log.js';

/** Returns a function that logs what was thrown, with this message. */
export function failureLog(message: string): (error: unknown) => void {
  const log = new ProblemLog();
  return (error) => log.error(message, message, error);
}
