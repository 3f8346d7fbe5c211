// Logs failures outside of requests; the server continues.

import { Logger } from '@nestjs/common';
import { describeThrown } from './thrown.js';

/** Logs what was thrown, under this message. */
export function failureLog(message: string): (error: unknown) => void {
  const logger = new Logger('Jira');
  return (error) => logger.error(message, describeThrown(error));
}
