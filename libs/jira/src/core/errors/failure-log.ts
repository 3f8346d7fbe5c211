// Failures that no request asked for: they are logged, and the server goes on.

import { Logger } from '@nestjs/common';
import { describeThrown } from './thrown.js';

/** Logs what was thrown, under this message. */
export function failureLog(message: string): (error: unknown) => void {
  const logger = new Logger('Jira');
  return (error) => logger.error(message, describeThrown(error));
}
