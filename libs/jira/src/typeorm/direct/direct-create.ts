// Runs the stock `create` of a hook in one turn of the event loop, instead of in a transaction that blocks others.

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

/** The part of a hook that its create needs. */
export interface DirectHook<E extends object> {
  readonly metadata: EntityMetadata;
  /** Whether no method that create calls is overridden. */
  isStock(): boolean;
  visibleTo(scope: HookScope): RowPredicate | Promise<RowPredicate>;
  canRetrieve(scope: HookScope): CanRetrieve;
  serialize(row: E, scope: HookScope): unknown;
}

export function directCreate<E extends object>(hook: DirectHook<E>, writer: DirectWriter): Shortcut {
  return async (scope) => {
    const mark = hook.isStock() ? writer.mark() : undefined;
    if (mark === undefined) return undefined;
    // Facts about the caller are cached per scope, and another attempt has to determine them again.
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
    // Then the earlier queries hold as if they had run in one transaction with the insert.
    if (writer.mark() !== mark) return undefined;
    const written = writer.insert(row, visible, (stored) => hook.serialize(stored as E, scope));
    if (written) (unitOfWork as TypeOrmUnitOfWork).transaction = written.transaction;
    return written?.result;
  };
}
