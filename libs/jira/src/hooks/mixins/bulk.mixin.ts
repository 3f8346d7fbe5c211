import { ValidationException } from '../../core/errors/jira.exception.js';
import { isRecord } from '../../core/support/is-record.js';
import type { ActionScope, HookScope } from '../../core/scope/scope.js';
import { validateInput } from '../../policy/serialization/input.js';
import { Action } from '../action.decorator.js';
import { Shown } from '../shown-result.js';
import { runBulk, type BulkInput, type BulkItem, type BulkResult } from '../bulk.js';
import { answerCreated, answerUpdated, GenericHook, inputFor } from '../generic-hook.js';
import { RowsAhead } from '../rows-ahead.js';
import { CONTEXT } from '../plumbing.js';
import { fieldsOf } from './mixin.js';
import type { Constructor, InputOf, OutputOf } from './mixin.js';

/** The actions of `BulkMixin`. Unless `atomic` is false, they write all items or none. */
export interface ChangesMany {
  /** POST `{ items, atomic? }`: stores new rows, and returns them with 201. */
  createMany(scope: ActionScope<BulkInput<InputOf<this, 'createInput'>>>): Promise<OutputOf<this>[] | BulkResult[]>;
  /** PATCH `{ items: [{ pk, …fields }], atomic? }`: changes the given fields, and returns the stored rows. */
  updateMany(scope: ActionScope<BulkInput<Record<string, unknown>>>): Promise<OutputOf<this>[] | BulkResult[]>;
  /** DELETE `{ items: [pk, …], atomic? }`: removes rows, and returns a `null` for each. */
  destroyMany(scope: ActionScope<BulkInput<unknown>>): Promise<null[] | BulkResult[]>;
}

/** Adds `createMany`, `updateMany` and `destroyMany`. A request may have as many items as the limit `pageSize` allows. */
export function BulkMixin<B extends Constructor<GenericHook<object>>>(Base: B): B & Constructor<ChangesMany> {
  abstract class BulkHook extends Base {
    @Action({ methods: ['POST'] })
    @Shown()
    async createMany(scope: ActionScope): Promise<unknown> {
      const choice = inputFor(this, 'create', false);
      return runBulk<object>(scope, this.bulkLimit(), 201, {
        check: (item) => validateInput(choice.type, item, choice),
        all:
          this.performCreate === GenericHook.prototype.performCreate ? (all) => this.insertAll(all, scope) : undefined,
        one: async (fields) => answerCreated(this, await this.performCreate(fields, scope), scope),
      });
    }

    @Action({ methods: ['PATCH'] })
    @Shown()
    async updateMany(scope: ActionScope): Promise<unknown> {
      const choice = inputFor(this, 'update', true);
      const rows = new RowsAhead(this, scope, 'write');
      return runBulk<{ pk: unknown; fields: object }>(scope, this.bulkLimit(), 200, {
        check: async (item) => {
          const { pk, ...rest } = named(item);
          return { pk, fields: await validateInput(choice.type, rest, choice) };
        },
        prepare: (all) => rows.lock(all.map(({ pk }) => pk)),
        one: async ({ pk, fields }) =>
          answerUpdated(this, await this.performUpdate(await rows.take(pk), fields, scope), scope),
      });
    }

    @Action({ methods: ['DELETE'] })
    @Shown()
    async destroyMany(scope: ActionScope): Promise<unknown> {
      const rows = new RowsAhead(this, scope, 'remove');
      return runBulk<unknown>(scope, this.bulkLimit(), 204, {
        check: (pk) => Promise.resolve(pk),
        prepare: (all) => rows.lock(all),
        one: async (pk) => {
          await this.performDestroy(await rows.take(pk), scope);
          return null;
        },
      });
    }

    private bulkLimit(): number {
      return this[CONTEXT].limits.pageSize;
    }

    private async insertAll(all: readonly object[], scope: HookScope): Promise<unknown[] | undefined> {
      const store = await this.getStore(scope);
      const entities = store.insertMany && all.map((fields) => store.create(fieldsOf(fields)));
      const stored = entities && (await store.insertMany?.(entities));
      return stored && Promise.all(stored.map((row) => this.serialize(row, scope)));
    }
  }
  return BulkHook as unknown as B & Constructor<ChangesMany>;
}

function named(item: BulkItem): { pk?: unknown } & Record<string, unknown> {
  if (isRecord(item)) return item;
  throw new ValidationException({ '': ['Must be an object with "pk" and the fields to change.'] });
}
