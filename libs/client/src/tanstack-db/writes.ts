// The writes of a collection: each is called on the hook, and done once its commit has been applied.

import type { PendingMutation } from '@tanstack/db';
import type { UntypedHookClient } from '../hook-client.js';
import type { JiraRequest } from '../jira-request.js';
import { keyText } from '../live-list.js';
import type { RowId } from 'nestjs-jira-protocol';
import type { SyncRun } from './sync-run.js';

type Mutation = Pick<PendingMutation<object>, 'type' | 'original' | 'modified' | 'changes'>;

export interface WritesParts {
  readonly hook: UntypedHookClient;
  readonly idOf: (row: object) => RowId;
  /** What to send for a new row, and for a changed one. */
  readonly createInput: (row: object) => unknown;
  readonly updateInput: (changes: object, row: object) => unknown;
  readonly appliedWithinMs: number;
  /** The run that is to apply them. */
  run(this: void): SyncRun | undefined;
}

export type Handler = (params: { readonly transaction: { readonly mutations: readonly unknown[] } }) => Promise<void>;

/** Calls one after the other, and stops at the first that fails: what was done before stays done on the server. */
export function handlerOf(parts: WritesParts): Handler {
  return async ({ transaction }) => {
    const applied: Promise<void>[] = [];
    for (const mutation of transaction.mutations as readonly Mutation[]) {
      const { data, position } = await requestOf(parts, mutation).answer();
      const run = parts.run();
      const text = keyText(parts.idOf((mutation.type === 'insert' ? data : mutation.original) as object));
      if (run)
        applied.push(run.applied(position, text, mutation.type === 'delete' ? null : data, parts.appliedWithinMs));
    }
    await Promise.all(applied);
  };
}

function requestOf(parts: WritesParts, { type, original, modified, changes }: Mutation): JiraRequest<unknown> {
  const { hook, idOf, createInput, updateInput } = parts;
  if (type === 'insert') return hook.create(createInput(modified));
  if (type === 'delete') return hook.destroy(idOf(original));
  return hook.patch(idOf(original), updateInput(changes, modified));
}
