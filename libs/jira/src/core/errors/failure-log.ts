// Failures that no request asked for: they are logged, and the server goes on.

import { ProblemLog } from './problem-log.js';

/** Logs what was thrown, under this message. */
export function failureLog(message: string): (error: unknown) => void {
  const log = new ProblemLog();
  return (error) => log.error(message, message, error);
}
