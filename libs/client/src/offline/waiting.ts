// Writes of this page and of others that wait for their answer.

import type { Call } from '../call.js';
import { JiraClientError } from '../errors.js';
import type { Write } from '../hook-client.js';
import { requestOf, type Answer, type JiraRequest } from '../jira-request.js';
import type { QueuedWrite } from '../persistence.js';
import type { WriteRecord } from './records.js';
import type { Outcome } from './tabs.js';

interface Waiting {
  readonly record: WriteRecord;
  readonly request: JiraRequest<unknown>;
  /** Whether this page made the write. */
  readonly isOwn: boolean;
  readonly resolve: (answer: Answer<unknown>) => void;
  readonly reject: (error: JiraClientError) => void;
}

export class WaitingWrites {
  private readonly all = new Map<string, Waiting>();

  has(key: string): boolean {
    return this.all.has(key);
  }

  isOwn(key: string): boolean {
    return this.all.get(key)?.isOwn === true;
  }

  /** Adds a write. Returns the promise of its answer. */
  add(record: WriteRecord, call: Call, isOwn: boolean): JiraRequest<unknown> {
    let resolve!: Waiting['resolve'];
    let reject!: Waiting['reject'];
    const request = requestOf(call, new Promise<Answer<unknown>>((...both) => ([resolve, reject] = both)));
    this.all.set(record.key, { record, request, isOwn, resolve, reject });
    // `onRefused` reports the failure of another page's write.
    if (!isOwn) request.catch(() => undefined);
    return request;
  }

  settle(key: string, outcome: Outcome): void {
    const waiting = this.all.get(key);
    this.all.delete(key);
    if ('answer' in outcome) waiting?.resolve(outcome.answer);
    else waiting?.reject(new JiraClientError(outcome.error.message, outcome.error.options));
  }

  rejectAll(error: JiraClientError): void {
    for (const { reject } of this.all.values()) reject(error);
    this.all.clear();
  }

  /** The writes that stores show before they are answered. */
  *shown(): Iterable<Write> {
    for (const { record, request } of this.all.values()) {
      const write = shownWrite(record, request);
      if (write) yield write;
    }
  }
}

export function shownWrite(record: WriteRecord, request: JiraRequest<unknown>): Write | undefined {
  return record.shown && { ...writeOf(record, request.call), shown: record.shown, request };
}

/** The write as the application sees it. */
export function writeOf({ id }: WriteRecord, { namespace, action, data }: Call): QueuedWrite {
  return { namespace, action, id, data };
}
