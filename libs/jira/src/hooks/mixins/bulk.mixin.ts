import { ValidationException } from '../../core/errors/jira.exception.js';
import { isRecord } from '../../core/support/is-record.js';
import type { ActionScope, HookScope } from '../../core/scope/scope.js';
import { validateInput } from '../../policy/serialization/input.js';
import { Action } from '../action.decorator.js';
import { Shown } from '../shown-result.js';
import { runBulk, type BulkInput, type BulkItem, type BulkResult } from '../bulk.js';
import { answerCreated, answerUpdated, inputFor, type GenericHook } from '../generic-hook.js';
import { CONTEXT } from '../plumbing.js';
import type { RowUse } from '../store.js';
import type { Constructor, InputOf, OutputOf } from './mixin.js';

export interface ChangesMany {
  /** POST `{ items, atomic? }`: stores new rows; all or none of them, unless `atomic` is false. */
  createMany(scope: ActionScope<BulkInput<InputOf<this, 'createInput'>>>): Promise<OutputOf<this>[] | BulkResult[]>;
  /** PATCH `{ items: [{ pk, …fields }], atomic? }`: changes the given fields. */
  updateMany(scope: ActionScope<BulkInput<Record<string, unknown>>>): Promise<OutputOf<this>[] | BulkResult[]>;
  /** DELETE `{ items: [pk, …], atomic? }`: removes rows. */
  destroyMany(scope: ActionScope<BulkInput<unknown>>): Promise<null[] | BulkResult[]>;
}

/** Adds `createMany`, `updateMany` and `destroyMany`. */
export function BulkMixin<B extends Constructor<GenericHook<object>>>(Base: B): B & Constructor<ChangesMany> {
  abstract class BulkHook extends Base {
    @Action({ methods: ['POST'] })
    @Shown()
    async createMany(scope: ActionScope): Promise<unknown> {
      const choice = inputFor(this, 'create', false);
      return runBulk(scope, this.bulkLimit(), 201, async (item) => {
        const fields = await validateInput(choice.type, item, choice);
        return async () => answerCreated(this, await this.performCreate(fields, scope), scope);
      });
    }

    @Action({ methods: ['PATCH'] })
    @Shown()
    async updateMany(scope: ActionScope): Promise<unknown> {
      const choice = inputFor(this, 'update', true);
      return runBulk(scope, this.bulkLimit(), 200, async (item) => {
        const { pk, ...rest } = named(item);
        const fields = await validateInput(choice.type, rest, choice);
        return async () =>
          answerUpdated(
            this,
            await this.performUpdate(await this.objectNamed(scope, pk, 'write'), fields, scope),
            scope,
          );
      });
    }

    @Action({ methods: ['DELETE'] })
    @Shown()
    async destroyMany(scope: ActionScope): Promise<unknown> {
      return runBulk(scope, this.bulkLimit(), 204, async (pk) => async () => {
        await this.performDestroy(await this.objectNamed(scope, pk, 'remove'), scope);
        return null;
      });
    }

    private bulkLimit(): number {
      return this[CONTEXT].limits.pageSize;
    }

    private objectNamed(scope: HookScope, pk: unknown, use: RowUse): Promise<object> {
      if (pk === undefined || pk === null) throw new ValidationException({ pk: ['Must name the row.'] });
      return this.getObject(scope, { field: 'pk', key: 'pk', value: pk }, use);
    }
  }
  return BulkHook as unknown as B & Constructor<ChangesMany>;
}

function named(item: BulkItem): { pk?: unknown } & Record<string, unknown> {
  if (isRecord(item)) return item;
  throw new ValidationException({ '': ['Must be an object with "pk" and the fields to change.'] });
}
