import { publishRefusal } from '../core/diagnostics/diagnostics.js';
import { JiraException } from '../core/errors/jira.exception.js';

/** The error for more items than may be buffered or collected. Status 503, code `STREAM_OVERFLOW`. */
export function overflow(message: string): JiraException {
  publishRefusal('streamItems');
  return new JiraException('STREAM_OVERFLOW', message);
}
