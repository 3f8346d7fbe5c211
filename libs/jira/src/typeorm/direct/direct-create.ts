// Fast path of the stock `create`, which bypasses TypeORM: one turn of the event loop on SQLite, one statement on
// PostgreSQL.

import { isPromise } from '../../core/support/is-promise.js';
import type { Type } from '@nestjs/common';
import type { EntityMetadata } from 'typeorm';
import type { TypeOrmChangeSource } from '../../commits/capture/typeorm-change-source.js';
import { fieldsOf } from '../../hooks/mixins/mixin.js';
import type { Shortcut } from '../../hooks/shortcuts.js';
import { stateOf, type HookScope } from '../../core/scope/scope.js';
import type { CanRetrieve } from '../query/relation-guard.js';
import type { RowPredicate } from '../query/row-predicate.js';
import { TypeOrmStore } from '../store/typeorm-store.js';
import type { TypeOrmUnitOfWork } from '../store/typeorm-unit-of-work.js';
import { showsColumnsOnly } from '../reader/announced-rows.js';
import { DirectWriter } from './direct-writer.js';
import { PooledWriter } from './pooled-writer.js';

/** The part of a hook that its create needs. */
export interface DirectHook<E extends object> {
  readonly metadata: EntityMetadata;
  readonly output: Type<object>;
  /** Whether no method that create calls is overridden. */
  isStock(): boolean;
  visibleTo(scope: HookScope): RowPredicate | Promise<RowPredicate>;
  canRetrieve(scope: HookScope): CanRetrieve;
  serialize(row: E, scope: HookScope): unknown;
}

export type Writer = DirectWriter | PooledWriter;

/** `undefined` if TypeORM has to write the entity's rows. */
export function writerOf(metadata: EntityMetadata, source: TypeOrmChangeSource | undefined): Writer | undefined {
  return DirectWriter.of(metadata, source) ?? PooledWriter.of(metadata, source);
}

export function directCreate<E extends object>(hook: DirectHook<E>, writer: Writer): Shortcut | undefined {
  if (writer instanceof DirectWriter) return createInTurn(hook, writer);
  // Showing the row must not be able to fail: the row is already committed and cannot be undone.
  return showsColumnsOnly(hook.metadata, hook.output) ? createAlone(hook, writer) : undefined;
}

/** Only for rows that need no check after the insert: the statement commits by itself. */
function createAlone<E extends object>(hook: DirectHook<E>, writer: PooledWriter): Shortcut {
  return async (scope) => {
    if (!hook.isStock()) return undefined;
    // Facts about the caller are cached per scope. The slow path must determine them again, within its transaction.
    const visible = hook.visibleTo(Object.create(scope) as HookScope);
    if (isPromise(visible) || visible.constant !== true) return undefined;
    const store = new TypeOrmStore<E>(scope.manager, hook.metadata, visible);
    const row = store.create(fieldsOf(scope.data as object));
    const { handle, unitOfWork } = stateOf(scope);
    if (handle.aborted) throw handle.aborted;
    const inserted = await writer.insert(row);
    if (!inserted) return undefined;
    (unitOfWork as TypeOrmUnitOfWork).transaction = inserted.transaction;
    return hook.serialize(inserted.row as E, scope);
  };
}

function createInTurn<E extends object>(hook: DirectHook<E>, writer: DirectWriter): Shortcut {
  return async (scope) => {
    const mark = hook.isStock() ? writer.mark() : undefined;
    if (mark === undefined) return undefined;
    // Facts about the caller are cached per scope, and another attempt must determine them again.
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
    // If nothing was written since, the queries above count as if they had run in one transaction with the insert.
    if (writer.mark() !== mark) return undefined;
    const written = writer.insert(row, visible, (stored) => hook.serialize(stored as E, scope));
    if (written) (unitOfWork as TypeOrmUnitOfWork).transaction = written.transaction;
    return written?.result;
  };
}
