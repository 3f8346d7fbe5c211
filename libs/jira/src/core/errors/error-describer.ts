// Describes the error that ends a client's request or subscription, and logs it if it is unexpected.

import { Inject, Injectable } from '@nestjs/common';
import { errorAnswer, TRANSLATORS, type ErrorAnswer, type ErrorTranslator } from './error-answer.js';
import { ProblemLog } from './problem-log.js';

@Injectable()
export class ErrorDescriber {
  private readonly problems = new ProblemLog();

  constructor(@Inject(TRANSLATORS) private readonly translators: readonly ErrorTranslator[]) {}

  describe(error: unknown, requestId: string): ErrorAnswer {
    const answer = errorAnswer(error, requestId, this.translators);
    if (answer.isUnexpected)
      this.problems.error('failed after it was answered', `Request ${requestId} failed after it was answered`, error);
    return answer;
  }
}
