// The stock `create` of a hook in one turn of the event loop, instead of a transaction that others wait for.

import { isPromise } from '../../core/support/is-promise.js';
import type { EntityMetadata } from 'typeorm';
import { fieldsOf } from '../../hooks/mixins/mixin.js';
import type { Shortcut } from '../../hooks/shortcuts.js';
import { stateOf, type HookScope } from '../../core/scope/scope.js';
import type { CanRetrieve } from '../query/relation-guard.js';
import type { RowPredicate } from '../query/row-predicate.js';
import { TypeOrmStore } from '../store/typeorm-store.js';
import type { TypeOrmUnitOfWork } from '../store/typeorm-unit-of-work.js';
import type { DirectWriter } from './direct-writer.js';

/** The hook, as far as its create is concerned. */
export interface DirectHook<E extends object> {
  readonly metadata: EntityMetadata;
  /** Whether nothing that create calls is overridden. */
  isStock(): boolean;
  visibleTo(scope: HookScope): RowPredicate | Promise<RowPredicate>;
  canRetrieve(scope: HookScope): CanRetrieve;
  serialize(row: E, scope: HookScope): unknown;
}

export function directCreate<E extends object>(hook: DirectHook<E>, writer: DirectWriter): Shortcut {
  return async (scope) => {
    const mark = hook.isStock() && !('idempotency-key' in scope.headers) ? writer.mark() : undefined;
    if (mark === undefined) return undefined;
    // What is found out about the caller is kept by scope, and must be found out again by another attempt.
    const attempt = Object.create(scope) as HookScope;
    const compiled = hook.visibleTo(attempt);
    const visible = isPromise(compiled) ? await compiled : compiled;
    const store = new TypeOrmStore<E>(scope.manager, hook.metadata, visible, {
      canRetrieve: hook.canRetrieve(attempt),
    });
    const row = store.create(fieldsOf(scope.data as object));
    if (store.writesMore(row)) return undefined;
    if (hook.metadata.relations.length > 0) await store.checkRelations(row);
    const { handle, unitOfWork } = stateOf(scope);
    if (handle.aborted) throw handle.aborted;
    // Then what was asked of the database holds as if asked within one transaction with the insert.
    if (writer.mark() !== mark) return undefined;
    const written = writer.insert(row, visible, (stored) => hook.serialize(stored as E, scope));
    if (written) (unitOfWork as TypeOrmUnitOfWork).transaction = written.transaction;
    return written?.result;
  };
}
