// The error frame for a client whose request or subscription ends; unexpected errors are logged.

import { Inject, Injectable, Logger } from '@nestjs/common';
import { errorAnswer, TRANSLATORS, type ErrorAnswer, type ErrorTranslator } from './error-answer.js';
import { describeThrown } from './thrown.js';

@Injectable()
export class ErrorDescriber {
  private readonly logger = new Logger('Jira');

  constructor(@Inject(TRANSLATORS) private readonly translators: readonly ErrorTranslator[]) {}

  describe(error: unknown, requestId: string): ErrorAnswer {
    const answer = errorAnswer(error, requestId, this.translators);
    if (answer.isUnexpected)
      this.logger.error(`Request ${requestId} failed after it was answered`, describeThrown(error));
    return answer;
  }
}
