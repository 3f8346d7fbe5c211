// One request over many rows: all or none, or each with its own status.

import { errorAnswer } from '../core/errors/error-answer.js';
import { JiraException, ValidationException, type FieldErrors } from '../core/errors/jira.exception.js';
import { exceptionOf } from '../core/errors/thrown.js';
import { Answer } from '../core/scope/answer.js';
import { stateOf, type HookScope } from '../core/scope/scope.js';

/** The input of `createMany`, `updateMany` and `destroyMany`. */
export interface BulkInput<Item> {
  readonly items: readonly Item[];
  /** Whether all items are written or none. If false, each item succeeds or fails by itself. @default true */
  readonly atomic?: boolean;
}

/** One item as the client sent it. */
export type BulkItem = unknown;

/** The result of one item of a request that is not atomic. Results are in the order of the items. */
export interface BulkResult {
  readonly status: number;
  /** The item's answer, or its error. */
  readonly data: unknown;
}

/** How the items of one request are processed. */
interface BulkWork<Checked> {
  /** Validates an item, before anything is written. */
  check(item: BulkItem): Promise<Checked>;
  /** Writes all items at once. If it returns `undefined` or throws, nothing is written, and the items are written one by one. */
  all?(checked: readonly Checked[]): Promise<unknown[] | undefined>;
  /** Called once before the items are written one by one. */
  prepare?(checked: readonly Checked[]): Promise<void>;
  /** Writes one item. */
  one(checked: Checked): Promise<unknown>;
}

/**
 * If `atomic`, answers the results in order, or an error that names the fields of items, such as `items.2.title`. If not, answers
 * 207 with one BulkResult per item: each item runs in a savepoint of its own.
 */
export async function runBulk<Checked>(
  scope: HookScope,
  maxItems: number,
  status: number,
  work: BulkWork<Checked>,
): Promise<unknown> {
  const { items, atomic } = bulkInput(scope.data, maxItems);
  if (!atomic) return new Answer(207, await eachByItself(scope, items, status, work));
  const errors: Record<string, readonly string[]> = {};
  const all: Checked[] = [];
  for (const [i, item] of items.entries()) {
    await work.check(item).then(
      (checked) => void all.push(checked),
      (error: unknown) => {
        if (!(error instanceof ValidationException)) throw asItem(scope, i, error);
        Object.assign(errors, ofItem(i, error.errors ?? {}));
      },
    );
  }
  if (Object.keys(errors).length > 0) throw new ValidationException(errors);
  const results = (await together(scope, all, work)) ?? (await oneByOne(scope, all, work));
  return new Answer(status === 204 ? 200 : status, results);
}

/** Runs in a savepoint. If it fails, the items are written one by one, which shows the one at fault. */
async function together<Checked>(
  scope: HookScope,
  all: readonly Checked[],
  work: BulkWork<Checked>,
): Promise<unknown[] | undefined> {
  const { unitOfWork, handle } = stateOf(scope);
  if (!work.all || !unitOfWork || all.length < 2) return undefined;
  try {
    return await unitOfWork.run(async () => work.all?.(all));
  } catch (error) {
    if (handle.aborted) throw error;
    return undefined;
  }
}

async function oneByOne<Checked>(
  scope: HookScope,
  all: readonly Checked[],
  work: BulkWork<Checked>,
): Promise<unknown[]> {
  await work.prepare?.(all);
  const results: unknown[] = [];
  for (const [i, checked] of all.entries()) {
    try {
      results.push(await work.one(checked));
    } catch (error) {
      throw asItem(scope, i, error);
    }
  }
  return results;
}

async function eachByItself<Checked>(
  scope: HookScope,
  items: readonly BulkItem[],
  status: number,
  work: BulkWork<Checked>,
): Promise<BulkResult[]> {
  const results: BulkResult[] = [];
  const { unitOfWork, handle } = stateOf(scope);
  for (const item of items) {
    const run = async (): Promise<unknown> => work.one(await work.check(item));
    try {
      const data = await (unitOfWork ? unitOfWork.run(run) : run());
      results.push({ status, data: data ?? null });
    } catch (error) {
      if (handle.aborted) throw error;
      const answer = errorAnswer(translated(scope, error), scope.requestId, []);
      if (answer.isUnexpected) throw error;
      results.push({ status: answer.status, data: answer.data });
    }
  }
  return results;
}

function bulkInput(data: unknown, maxItems: number): { items: readonly BulkItem[]; atomic: boolean } {
  const { items, atomic = true } = (data ?? {}) as { items?: unknown; atomic?: unknown };
  if (!Array.isArray(items)) throw new ValidationException({ items: ['Must be an array.'] });
  if (items.length > maxItems) throw new ValidationException({ items: [`Must have at most ${maxItems} items.`] });
  if (typeof atomic !== 'boolean') throw new ValidationException({ atomic: ['Must be true or false.'] });
  return { items, atomic };
}

function ofItem(index: number, errors: FieldErrors): FieldErrors {
  const entries = Object.entries(errors);
  return Object.fromEntries(
    entries.map(([field, list]) => [field ? `items.${index}.${field}` : `items.${index}`, list]),
  );
}

/** Turns the error of one item into the error of the request. An unexpected error stays as it is. */
function asItem(scope: HookScope, index: number, error: unknown): unknown {
  const known = translated(scope, error);
  if (!(known instanceof JiraException)) return error;
  const { code, message, details, errors = { '': [message] } } = known;
  return new JiraException(code, message, { status: known.getStatus(), details, errors: ofItem(index, errors), cause: error }); // prettier-ignore
}

function translated(scope: HookScope, error: unknown): unknown {
  return exceptionOf(error) ?? stateOf(scope).unitOfWork?.translate?.(error) ?? error;
}
