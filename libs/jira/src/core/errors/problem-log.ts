// Logs problems with Nest's logger: one line each, a limited number of each kind, and no line breaks from clients.

import { Logger } from '@nestjs/common';
import { describeThrown } from './thrown.js';

/** How many problems of one kind are logged within `WITHIN_MS`. */
const LINES = 20;
const WITHIN_MS = 10_000;
/** How many kinds are counted at a time. */
const KINDS = 1_000;

export class ProblemLog {
  private readonly logger = new Logger('Jira');
  private readonly counts = new Map<string, number>();

  /**
   * Logs a problem with the stack of what was thrown. After twenty of one kind in ten seconds, the rest are only counted, and
   * one line says how many there were.
   *
   * @param kind must not contain text from a client
   */
  error(kind: string, message: string, thrown?: unknown): void {
    const count = (this.counts.get(kind) ?? 0) + 1;
    if (count === 1) this.begin(kind);
    this.counts.set(kind, count);
    if (count > LINES) return;
    if (thrown === undefined) this.logger.error(oneLine(message));
    else this.logger.error(oneLine(message), describeThrown(thrown));
  }

  private begin(kind: string): void {
    if (this.counts.size >= KINDS) this.counts.clear();
    setTimeout(() => this.end(kind), WITHIN_MS).unref();
  }

  private end(kind: string): void {
    const left = (this.counts.get(kind) ?? 0) - LINES;
    this.counts.delete(kind);
    if (left > 0) this.logger.error(`${left} more of "${kind}" in ${WITHIN_MS / 1_000} s were not logged`);
  }
}

/** Clients choose request ids: with line breaks, they could forge lines of the log. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- those are meant
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
}
