// The writes of a collection. Each calls the hook, and is done once its commit is applied.

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
  /** The input of `create` for a new row. `updateInput` is that of `update` for a changed row. */
  readonly createInput: (row: object) => unknown;
  readonly updateInput: (changes: object, row: object) => unknown;
  readonly appliedWithinMs: number;
  /** The run that applies the writes. */
  run(this: void): SyncRun | undefined;
}

export type Handler = (params: { readonly transaction: { readonly mutations: readonly unknown[] } }) => Promise<void>;

/** Sends the writes one by one. Stops at the first that fails. The earlier ones stay done on the server. */
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
